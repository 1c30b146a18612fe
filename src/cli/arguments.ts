import { parseArgs } from "node:util";
import { suggest } from "../text/suggest.ts";
import { orList } from "../text/words.ts";
import { UsageError } from "./exit-code.ts";
import type { Io } from "./io.ts";

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** The words that it takes, where these are few. */
  readonly values?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

export const helpOption = { help: { type: "boolean", short: "h" } } as const satisfies Options;

/** The arguments of a command, judged against its options. */
export class Arguments {
  constructor(
    readonly positionals: readonly string[],
    private readonly values: ReadonlyMap<string, string | true>,
    /** What stands behind `--`, of a command that hands it on. */
    readonly rest: readonly string[] = [],
  ) {}

  flag(name: string): boolean {
    return this.values.has(name);
  }

  text(name: string): string | undefined {
    const value = this.values.get(name);
    return value === true ? undefined : value;
  }

  /** A whole number, 1 or more. */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
    throw new UsageError(`--${name} takes a whole number, 1 or more, not ${JSON.stringify(text)}`);
  }
}

/** Reads a command's arguments; throws a `UsageError` for anything that the command does not know. */
export function readArguments(
  command: string,
  given: readonly string[],
  { options, takesRest }: Pick<Command, "options" | "takesRest">,
): Arguments {
  const end = takesRest ? given.indexOf("--") : -1;
  const [args, rest] = end < 0 ? [given, []] : [given.slice(0, end), given.slice(end + 1)];
  const known: Options = { ...options, ...helpOption };
  const shapes = Object.entries(known).map(([name, { type, short }]) => [
    name,
    short === undefined ? { type } : { type, short },
  ]);
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(shapes),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw unknownOption(command, token.rawName, known);
    values.set(token.name, readValue(option, token.rawName, token.value, token.inlineValue === true));
  }
  return new Arguments(positionals, values, rest);
}

function readValue(
  { type, values }: Option,
  name: string,
  value: string | undefined,
  isInline: boolean,
): string | true {
  if (type === "boolean") {
    if (value !== undefined) throw new UsageError(`${name} takes no value`);
    return true;
  }
  if (value === undefined || value === "") throw new UsageError(`${name} needs a value`);
  if (!isInline && value.startsWith("-")) {
    throw new UsageError(`${name} needs a value`, `for one that starts with "-", write ${name}=${value}`);
  }
  if (values !== undefined && !values.includes(value)) {
    const near = suggest(value, values);
    throw new UsageError(
      `${name} takes ${orList(values)}, not ${JSON.stringify(value)}`,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  }
  return value;
}

function unknownOption(command: string, name: string, known: Options): UsageError {
  const near = name.startsWith("--") ? suggest(name.slice(2), Object.keys(known)) : undefined;
  const help = near === undefined ? `planc ${command} --help lists the options` : `did you mean --${near}?`;
  return new UsageError(`planc ${command} has no option ${name}`, help);
}

/** One command of the command line: thin, arguments in, text and an exit code out. */
export interface Command {
  /** Hand-written: usage, simple options, advanced options, examples. */
  readonly help: string;
  readonly options: Options;
  /** Whether what stands behind `--` is for a program that the command starts. */
  readonly takesRest?: true;
  run(args: Arguments, io: Io): number | Promise<number>;
}
