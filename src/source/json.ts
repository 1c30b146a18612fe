import type { Result } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import { Lines } from "../text/lines.ts";
import type { Source } from "./source.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Parses a config.json as Python's `json` does: JSON, with `NaN` and `Infinity` allowed, which real files contain.
 * Positions come from the YAML parser, which reads JSON too; it is asked only when a position is needed, except that
 * small files are read by it at once to find keys written twice.
 */
export function parseJson(file: string, text: string): Result<Source> {
  const lines = new Lines(text);
  let value: unknown;
  try {
    value = JSON.parse(text.includes("NaN") || text.includes("Infinity") ? withoutSpecials(text) : text);
  } catch (error) {
    if (error instanceof RangeError) return fail(file, lines, 0, "nested too deeply");
    const what = error instanceof Error ? error.message : String(error);
    const offset = offsetOf(what, text);
    const isCut = offset >= text.trimEnd().length;
    return fail(file, lines, offset, isCut ? "the text ends in the middle of a value" : describe(what));
  }
  let parsed: Result<Source> | undefined;
  const positions = () => (parsed ??= parseYaml(file, text));
  const duplicates = text.length > 65_536 ? [] : positions().diagnostics.filter(({ code }) => code === "PLN1004");
  if (duplicates.length > 0) return { value: undefined, diagnostics: duplicates };
  const start = { file, range: lines.range({ start: 0, end: 0 }) };
  return {
    value: {
      file,
      text,
      value,
      has: (path) => positions().value?.has(path) ?? false,
      at: (path, part) => positions().value?.at(path, part) ?? start,
      via: () => [],
      raw: (path) => positions().value?.raw(path),
    },
    diagnostics: [],
  };
}

function withoutSpecials(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : "null"));
}

function fail(file: string, lines: Lines, offset: number, what: string): Result<Source> {
  const location = { file, range: lines.range({ start: offset, end: offset + 1 }) };
  return { value: undefined, diagnostics: [report("PLN1003", location, { what }, { variant: "json" })] };
}

/** V8 says where in its message: "… at position 12", or nowhere when the text just ends. */
function offsetOf(message: string, text: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? text.trimEnd().length : Number(position);
}

function describe(message: string): string {
  if (/Unterminated/.test(message)) return "a text does not end";
  const token = /Unexpected token (.+?)(?:, | in JSON)/.exec(message)?.[1];
  if (token !== undefined) return `unexpected ${token.replace(/^'(.*)'$/, '"$1"')}`;
  if (/property name/.test(message)) return "a key in double quotes is expected";
  if (/after array element|after property value/.test(message))
    return "a comma or the end of the collection is expected";
  if (/control character/.test(message)) return "a control character stands in a text";
  if (/escaped character|Unicode escape/.test(message)) return "invalid escape in a text";
  return "the text is not JSON";
}
