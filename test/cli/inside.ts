import { run } from "../../src/cli/main.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { stacks } from "../../src/stacks.ts";
import type { Ran } from "./binary.ts";

// What a stream that is no terminal looks like.
const look = { ...plainLook, width: 80 };

/**
 * The command line over real files, in this process: `binary.ts` starts one, for tests of what only a process has. The
 * working directory is the process's, so one call at a time.
 */
export async function planc(folder: string, ...args: readonly string[]): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    look,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const stdin = { isTerminal: false, read: async () => new Uint8Array() };
  const own = process.cwd();
  process.chdir(folder);
  try {
    const io = {
      host: nodeHost,
      stacks: async () => stacks,
      env: {},
      stdin,
      stdout: stream("stdout"),
      stderr: stream("stderr"),
    };
    return { status: await run(args, io), ...written };
  } finally {
    process.chdir(own);
  }
}
