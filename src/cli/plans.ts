import { withFile } from "../host.ts";
import type { Arguments } from "./arguments.ts";
import { UsageError } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { reasonOf } from "./node-host.ts";

/** How messages call the plan that `-` stands for: paths inside it count from the working directory. */
export const standardInput = "<stdin>";
/** Of a plan on standard input; a file may have as much. */
const mostBytes = 1024 * 1024;

/** The world of a command that was given plans. Where one was `-`, `io.host` has a file of that name. */
interface Given<Files> {
  readonly files: Files;
  readonly io: Io;
}

/** The plans that a command was given, each once. */
export async function plansOf(command: string, args: Arguments, io: Io): Promise<Given<string[]>> {
  if (args.positionals.length === 0) throw new UsageError("no plan given", `planc ${command} PLAN...`);
  return withInput(args.positionals, io);
}

/** The one plan that a command takes. */
export async function planOf(
  command: string,
  args: Arguments,
  io: Io,
): Promise<{ readonly file: string; readonly io: Io }> {
  const [file, ...others] = args.positionals;
  if (file === undefined || others.length > 0)
    throw new UsageError(`planc ${command} takes one plan`, `planc ${command} PLAN`);
  const given = await withInput([file], io);
  return { file: given.files[0] ?? file, io: given.io };
}

async function withInput(named: readonly string[], io: Io): Promise<Given<string[]>> {
  const files = [...new Set(named.map((file) => (file === "-" ? standardInput : file)))];
  if (!named.includes("-")) return { files, io };
  const { stdin, stderr, host } = io;
  if (stdin.isTerminal) stderr.write("reading a plan from the terminal, up to Ctrl-D\n");
  const bytes = await stdin.read(mostBytes).catch((error: unknown) => {
    throw new UsageError(`cannot read standard input: ${reasonOf(error)}`);
  });
  if (bytes.length > mostBytes)
    throw new UsageError("standard input has more than 1.0 MiB, which is the most of a plan");
  return { files, io: { ...io, stdin, host: withFile(host, standardInput, bytes) } };
}
