import { unwritable } from "./literal.ts";

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
