import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import { type Format, inOrder } from "../diagnostics/formats/format.ts";
import { pretty } from "../diagnostics/formats/pretty.ts";
import type { Option } from "./arguments.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";

/** Formats for programs, which want one object on standard output, come in chunks of their own. */
const formats = {
  pretty: async () => pretty,
  plain: async () => (await import("../diagnostics/formats/plain.ts")).plain,
  json: async () => (await import("../diagnostics/formats/json.ts")).json,
  github: async () => (await import("../diagnostics/formats/github.ts")).github,
  sarif: async () => (await import("./sarif.ts")).sarif,
} as const satisfies Readonly<Record<string, () => Promise<Format>>>;

type FormatName = keyof typeof formats;

export const formatOption: Option = { type: "string", values: Object.keys(formats) };

/** The name that `--format` gave, which `readArguments` has judged. */
export function formatNamed(name: string | undefined): FormatName {
  return Object.hasOwn(formats, name ?? "") ? (name as FormatName) : "pretty";
}

/** Whether the findings are the result itself, so that nothing else may stand on standard output. */
export function isObject(format: FormatName): boolean {
  return format === "json" || format === "sarif";
}

/** What was found in one file named on the command line. */
export interface Judged {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Prints what was found: text on standard error, objects on standard output. A note asks for nothing to be done: editors
 * and `planc explain` show it, and a text leaves it out.
 */
export async function printFindings(judged: readonly Judged[], format: FormatName, io: Io): Promise<void> {
  const found = inOrder(judged.flatMap((each) => each.diagnostics));
  const diagnostics = isObject(format) ? found : found.filter(({ severity }) => severity !== "info");
  const sources = new Map(judged.flatMap((each) => [...each.sources]));
  const stream = isObject(format) ? io.stdout : io.stderr;
  if (diagnostics.length === 0 && !isObject(format)) return;
  const render = await formats[format]();
  stream.write(render({ diagnostics, sources }, stream.look));
}

/** 2 when a plan could not be read at all, 1 when one has errors. */
export function exitCodeOf(judged: readonly Judged[]): number {
  if (judged.some(isUnreadable)) return exitCode.usage;
  return judged.some(({ diagnostics }) => hasErrors(diagnostics)) ? exitCode.errors : exitCode.fine;
}

/** A file that was named on the command line and is not there, is a folder, or may not be read. */
function isUnreadable({ file, diagnostics }: Judged): boolean {
  return diagnostics.some(
    ({ code, location }) => code === "PLN1001" && location.file === file && location.range.end.character === 0,
  );
}
