import { isList, quoted } from "./literal.ts";

/** What JSON can hold; keys whose value is undefined are left out. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

const lineWidth = 120;

/**
 * JSON for people and for diffs: keys in the order given, two spaces a level, and what holds no object and fits the
 * line on one line, so that a shape or a list of layers does not fill a page.
 */
export function json(value: Json, indent = ""): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} is no JSON`);
  if (typeof value !== "object" || value === null) return String(value);
  const deeper = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return "[]";
    if (value.every((item) => typeof item !== "object" || item === null)) {
      const line = `[${value.map((item) => json(item)).join(", ")}]`;
      if (indent.length + line.length <= lineWidth || value.every((item) => typeof item === "number")) return line;
    }
    return `[\n${value.map((item) => `${deeper}${json(item, deeper)}`).join(",\n")}\n${indent}]`;
  }
  const pairs = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${deeper}${quoted(key)}: ${json(item, deeper)}`],
  );
  return pairs.length === 0 ? "{}" : `{\n${pairs.join(",\n")}\n${indent}}`;
}
