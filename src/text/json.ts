import { floatOf, isList, quoted, spellingOf, unwritable } from "./literal.ts";

const lineWidth = 120;

/**
 * JSON for people and for diffs: keys in the order given, two spaces a level. A list or an object that holds no other
 * stays on one line where that fits, a list of numbers always, so that a shape or a list of layers fills no page.
 */
export function json(value: unknown, indent = ""): string {
  if (typeof value === "string") return quoted(value);
  const float = floatOf(value);
  if (float !== undefined) return spellingOf(value) ?? json(float);
  if (typeof value === "number" && !Number.isFinite(value)) throw unwritable(value, "JSON");
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "object") throw unwritable(value, "JSON");
  const list = isList<unknown>(value);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>).filter(
    ([, item]) => list || item !== undefined,
  );
  const flat = entries.every(([, item]) => typeof item !== "object" || item === null || isNumber(item));
  const deeper = flat ? "" : `${indent}  `;
  const items = entries.map(([key, item]) => (list ? "" : `${quoted(key)}: `) + json(item, deeper));
  if (items.length === 0) return list ? "[]" : "{}";
  const line = list ? `[${items.join(", ")}]` : `{ ${items.join(", ")} }`;
  if (flat && (indent.length + line.length <= lineWidth || entries.every(([, item]) => isNumber(item)))) {
    return line;
  }
  const [open, close] = list ? "[]" : "{}";
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}${close}`;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || floatOf(value) !== undefined;
}
