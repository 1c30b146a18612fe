/**
 * The types of a config class, as strict dataclasses check values of JSON: a float is a number with a point or an
 * exponent, an int one without, and true is neither.
 */
import type { Path } from "../../../source/path.ts";
import type { Source } from "../../../source/source.ts";
import { isMapping } from "../../../text/values.ts";
import { orList } from "../../../text/words.ts";

/** "int|list[int|none]" → "int" and "list[int|none]". */
function alternatives(type: string): string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let index = 0; index <= type.length; index++) {
    const char = type[index];
    if (char === "[") depth++;
    if (char === "]") depth--;
    if (char !== undefined && (char !== "|" || depth > 0)) continue;
    found.push(type.slice(start, index));
    start = index + 1;
  }
  return found;
}

/** Whether Python reads a number as a float: the value alone does not tell 1.0 from 1. */
export function isFloat(source: Source, path: Path, value: number): boolean {
  const raw = source.raw(path);
  return raw === undefined ? !Number.isInteger(value) : /[.eNI]/i.test(raw);
}

/** Whether what stands at a place of a config is of a type. */
export function fits(type: string, value: unknown, source: Source, path: Path): boolean {
  // Infinity, which Python writes and JSON has not.
  if (value === null && typeof path.at(-1) === "number" && source.raw(path) === undefined) return true;
  return alternatives(type).some((each) => fitsOne(each, value, source, path));
}

function fitsOne(type: string, value: unknown, source: Source, path: Path): boolean {
  const items = itemsOf(type);
  if (items !== undefined)
    return Array.isArray(value) && value.every((item, index) => fits(items, item, source, [...path, index]));
  switch (type) {
    case "int":
      return typeof value === "bigint" || (typeof value === "number" && !isFloat(source, path, value));
    case "float":
      return typeof value === "number" && isFloat(source, path, value);
    case "bool":
      return typeof value === "boolean";
    case "str":
      return typeof value === "string";
    case "list":
      return Array.isArray(value);
    case "dict":
      return isMapping(value);
    case "none":
      return value === null;
    case "any":
      return true;
    default:
      return typeof value === "string" && type === `'${value}'`;
  }
}

/** "list[int]" → "int". */
export function itemsOf(type: string): string | undefined {
  return type.startsWith("list[") ? type.slice("list[".length, -1) : undefined;
}

const words: Readonly<Record<string, string>> = {
  int: "a whole number",
  float: "a number with a point",
  bool: "true or false",
  str: "text",
  list: "a list",
  dict: "a mapping",
  none: "null",
};

/** "int|none" → "a whole number or null". */
export function typeInWords(type: string): string {
  const names = alternatives(type);
  const numbers = names.includes("int") && names.includes("float");
  const shown = names.flatMap((name) => {
    const items = itemsOf(name);
    if (items !== undefined) return [`a list of ${itemsInWords(items)}`];
    if (numbers && (name === "int" || name === "float")) return ["a number"];
    return [words[name] ?? JSON.stringify(name.slice(1, -1))];
  });
  return orList([...new Set(shown)]);
}

const plurals: Readonly<Record<string, string>> = {
  int: "whole numbers",
  str: "texts",
  float: "numbers with a point",
  bool: "true or false",
};

function itemsInWords(type: string): string {
  const names = alternatives(type);
  if (names.includes("int") && names.includes("float")) return names.includes("none") ? "numbers or null" : "numbers";
  return plurals[type] ?? "values";
}

/** A value of the type that a wrong one was meant to be, as JSON writes it; undefined where that is a guess. */
export function meant(type: string, value: unknown): string | undefined {
  const names = alternatives(type);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) {
    if (names.includes("int") && Number.isSafeInteger(number)) return String(number);
    if (names.includes("float")) return Number.isInteger(number) ? number.toFixed(1) : String(number);
  }
  if (names.includes("bool") && typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase();
  return undefined;
}
