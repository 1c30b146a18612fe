import type { Io, Outside } from "../../src/cli/io.ts";
import { run } from "../../src/cli/main.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { type Look, plainLook } from "../../src/diagnostics/formats/look.ts";
import { stacks } from "../../src/stacks.ts";
import { memoryHost } from "../host.ts";

/** Runs the command line over files in memory, which it may read only. */
export async function planc(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  stdin = "",
  look = plainLook,
) {
  return plancOn({ ...nodeHost, ...memoryHost(files) }, args, { stdin, look });
}

/** Runs the command line over files of a host. */
export async function plancOn(
  host: Io["host"],
  args: readonly string[],
  { env = {}, stdin = "", look = plainLook }: { env?: Io["env"]; stdin?: string; look?: Look } = {},
) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    look,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const io: Outside = {
    host,
    stacks: async () => stacks,
    env,
    stdin: { isTerminal: false, read: async () => new TextEncoder().encode(stdin) },
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  };
  const code = await run(args, io);
  return { code, ...written };
}
