import type { Arguments, Options } from "./arguments.ts";
import type { Io } from "./io.ts";

/** One command of the command line: thin, arguments in, text and an exit code out. */
export interface Command {
  /** Hand-written: usage, simple options, advanced options, examples. */
  readonly help: string;
  readonly options: Options;
  run(args: Arguments, io: Io): number | Promise<number>;
}
