/** Known to every copy of this module: the built planc has one in each of its files. */
const floatMark: unique symbol = Symbol.for("planc.float") as typeof floatMark;

/** A number that Python is to read as a float even where it is whole: JavaScript cannot tell 1.0 from 1. */
export interface Float {
  readonly [floatMark]: { readonly value: number; readonly text: string | undefined };
}

/** `written`: how its author spells it, which is kept where Python and JSON read the same number there. */
export function float(value: number, written?: string): Float {
  const text = written?.toLowerCase();
  const isSame = text !== undefined && spelledFloat.test(text) && Number(text) === value;
  return { [floatMark]: { value, text: isSame ? text : undefined } };
}

/** A float as both languages spell one. */
const spelledFloat = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)$/;

/** The number of a `Float`; undefined for anything else. */
export function floatOf(value: unknown): number | undefined {
  return markOf(value)?.value;
}

/** How a `Float` is to be spelled, where its author's way will do. */
export function spellingOf(value: unknown): string | undefined {
  return markOf(value)?.text;
}

function markOf(value: unknown): Float[typeof floatMark] | undefined {
  return typeof value === "object" && value !== null ? (value as Partial<Float>)[floatMark] : undefined;
}

/** What the literal writers can write: plain data, as it comes out of YAML and JSON. */
export type Literal =
  | null
  | boolean
  | number
  | Float
  | string
  | readonly Literal[]
  | { readonly [key: string]: Literal };

export function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

/** Characters that no reader sees, or sees in another order than they stand: written as escapes wherever possible. */
const unseen = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** A double-quoted string that JSON, Python and YAML read alike; lone surrogates and what cannot be seen are escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(unseen, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * A finite number that Python and PyYAML read as the same number: floats with a dot and a signed exponent (PyYAML takes
 * `1e-7` for a string), whole numbers beyond 2^53, which are no longer exact, as floats.
 */
export function decimal(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  const shortest =
    Number.isInteger(value) && value !== 0 ? value.toExponential() : Object.is(value, -0) ? "-0" : `${value}`;
  const [mantissa = "", exponent] = shortest.split("e");
  const dotted = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? dotted : `${dotted}e${exponent}`;
}

/** For a writer that met something it cannot write. That is a mistake of planc's: plans are judged before. */
export function unwritable(value: unknown, language: string): TypeError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new TypeError(`${shown} cannot be written as ${language}`);
}
