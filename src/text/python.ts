import { cells, widthOf } from "./columns.ts";
import { decimal, floatOf, isList, type Literal, quoted, spellingOf, unwritable } from "./literal.ts";

const lineWidth = 120;

/** A Python literal on one line, with the quotes that formatters choose. */
export function python(value: Literal): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number")
    return Number.isFinite(value) ? decimal(value).replace("e+", "e") : pythonExtreme(value);
  const float = floatOf(value);
  if (float !== undefined) return spellingOf(value) ?? python(float).replace(/^-?\d+$/, "$&.0");
  if (typeof value === "string") return pythonString(value);
  if (isList(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object") throw unwritable(value, "Python");
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonString(key)}: ${python(item)}`)
    .join(", ")}}`;
}

/** `NAME = value`, laid out as a formatter does where that takes more than one line. */
export function assignment(name: string, value: Literal): string {
  const start = `${identifier(name)} = `;
  const text = laidOut(value, "", start, "");
  const isTooLong = typeof value === "string" && !fits(start + text);
  return isTooLong && fits(`    ${text}`) ? `${start}(\n    ${text}\n)` : start + text;
}

/** `"key": value,` in a dict whose items stand at `indent`, laid out likewise. */
export function entry(key: string, value: Literal, indent = "    "): string {
  const start = `${pythonString(key)}: `;
  return `${indent}${start}${laidOut(value, indent, start, ",")},`;
}

/** The literal on one line where that fits between what stands before and after it, else an item a line. */
function laidOut(value: Literal, indent: string, before: string, after: string): string {
  const line = python(value);
  if (typeof value !== "object" || value === null || floatOf(value) !== undefined || /^(\[\]|\{\})$/.test(line))
    return line;
  if (fits(indent + before + line + after)) return line;
  const deeper = `${indent}    `;
  if (!isList(value)) {
    const items = Object.entries(value).map(([key, item]) => entry(key, item, deeper));
    return `{\n${items.join("\n")}\n${indent}}`;
  }
  return `[\n${value.map((item) => `${deeper}${laidOut(item, deeper, "", ",")},`).join("\n")}\n${indent}]`;
}

function fits(line: string): boolean {
  return widthOf(cells(line)) <= lineWidth;
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

/** A name that Python takes for an attribute or a keyword argument: written as it is, or not at all. */
export function identifier(name: string): string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || keywords.has(name)) {
    throw unwritable(name, "an identifier");
  }
  return name;
}

const keywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);
