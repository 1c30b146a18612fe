import { constants, gunzipSync } from "node:zlib";
import type { Host } from "../../../host.ts";
import type { Place } from "./place.ts";

export type Row = Readonly<Record<string, unknown>>;

/** The first rows of a file; `isPartial` where they are known by their columns alone. */
export type FirstRows =
  | { readonly rows: readonly Row[]; readonly isPartial: boolean }
  | { readonly what: string }
  | undefined;

/** Bytes of a file that are read, however large it is, and what they may unpack to. */
const read = 2 ** 20;
const readPacked = 2 ** 16;
const unpacked = 80 * 2 ** 20;
const mostRows = 20;

/** Reads the beginning of a file. Undefined where nothing can be said of it: no permission, or a row that is too long. */
export function firstRows(host: Host, place: Place & { readonly kind: "file" }): FirstRows {
  const part = host.readAt(place.path, 0, place.isGzip ? readPacked : read);
  if (!part.ok) return undefined;
  const { bytes, what } = place.isGzip ? unpack(part.bytes) : { bytes: part.bytes, what: undefined };
  if (bytes === undefined) return what === undefined ? undefined : { what };
  if (bytes.length === 0) return { what: "is empty" };
  const isWhole = part.bytes.length < (place.isGzip ? readPacked : read);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole || place.isGzip });
  } catch {
    return { what: "is not UTF-8" };
  }
  if (place.format === "text") return { rows: [{ text: "" }], isPartial: true };
  return place.format === "csv" ? ofCsv(text, isWhole) : ofJson(text, isWhole);
}

function unpack(bytes: Uint8Array): { readonly bytes?: Uint8Array; readonly what?: string | undefined } {
  if (bytes.length === 0) return { what: "is empty" };
  try {
    return { bytes: gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: unpacked }) };
  } catch (error) {
    const isLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return isLarge ? {} : { what: "is no gzip file, or is damaged" };
  }
}

/** Rows one a line, one after another, or in one list. */
function ofJson(text: string, isWhole: boolean): FirstRows {
  let at = skipSpace(text, 0);
  if (at === text.length) return isWhole ? { what: "holds no rows" } : undefined;
  const isList = text[at] === "[";
  if (isList) at = skipSpace(text, at + 1);
  const rows: Row[] = [];
  while (rows.length < mostRows && at < text.length && text[at] !== "]") {
    const end = endOf(text, at);
    if (end === undefined) {
      if (isWhole) return { what: `is no JSON: row ${rows.length} has no end` };
      break;
    }
    let value: unknown;
    try {
      value = JSON.parse(text.slice(at, end));
    } catch {
      return { what: `is no JSON: row ${rows.length} cannot be read` };
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return { what: `holds no rows: row ${rows.length} is no object with a value for each column` };
    rows.push(value as Row);
    at = skipSpace(text, end);
    if (isList && text[at] === ",") at = skipSpace(text, at + 1);
  }
  if (rows.length > 0) return { rows, isPartial: false };
  return isWhole || text[at] === "]" ? { what: "holds no rows" } : undefined;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? "")) at += 1;
  return at;
}

/** The offset behind the value that begins at `from`; undefined where the text ends before it does. */
function endOf(text: string, from: number): number | undefined {
  const first = text[from];
  if (first !== "{" && first !== "[") {
    const line = text.indexOf("\n", from);
    return line < 0 ? text.length : line;
  }
  let depth = 0;
  let isString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (isString) {
      if (char === "\\") at += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The names in the first line; what stands under them is known only to a reader that guesses types. */
function ofCsv(text: string, isWhole: boolean): FirstRows {
  const names: string[] = [];
  let name = "";
  let isQuoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    const char = text[at];
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      name += char;
      at += 1;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (char === undefined && !isWhole) return undefined;
    else if (char === undefined || (!isQuoted && (char === "," || char === "\n"))) {
      names.push(name.replace(/\r$/, ""));
      name = "";
      if (char !== ",") {
        const hasRows = char !== undefined && text.slice(at + 1).trim() !== "";
        if (!hasRows && isWhole) return { what: "holds no rows: there is nothing after its first line" };
        return { rows: [Object.fromEntries(names.map((each) => [each, ""]))], isPartial: true };
      }
    } else name += char;
  }
  return undefined;
}
