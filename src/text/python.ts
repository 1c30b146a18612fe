import { decimal, isList, type Literal, quoted, unwritable } from "./literal.ts";

/** A Python literal on one line, with the quotes that formatters choose. */
export function python(value: Literal): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isFinite(value) ? decimal(value) : pythonExtreme(value);
  if (typeof value === "string") return pythonString(value);
  if (isList(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object") throw unwritable(value, "Python");
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonString(key)}: ${python(item)}`)
    .join(", ")}}`;
}

function pythonExtreme(value: number): string {
  return `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
}

/** Double quotes, or single ones where that saves escapes. */
function pythonString(text: string): string {
  const double = quoted(text);
  const occurrences = (quote: string) => text.split(quote).length - 1;
  if (occurrences('"') <= occurrences("'")) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Text for a comment or a docstring, of Python or shell: one line of ASCII that can end neither. */
export function comment(text: string): string {
  return text
    .replace(/[^ -~]+/g, "?")
    .replaceAll("\\", "/")
    .replaceAll('"', "'");
}
