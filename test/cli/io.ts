import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/main.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { memoryHost } from "../host.ts";

/** Runs the command line over files in memory, which it may read only. */
export async function planc(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  stdin = "",
  look = plainLook,
) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    look,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const host = { ...nodeHost, ...memoryHost(files) };
  const io: Io = {
    host,
    env: {},
    stdin: { isTerminal: false, read: async () => new TextEncoder().encode(stdin) },
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  };
  const code = await run(args, io);
  return { code, ...written };
}
