import { unwritable } from "./literal.ts";

const bare = /^[A-Za-z0-9_/:=.,@%+-]+$/;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** One shell word, or a list as words with spaces between. NUL and lone surrogates exist in no shell. */
export function shell(value: string | number | readonly (string | number)[]): string {
  if (typeof value === "object" && value !== null) return value.map(word).join(" ");
  return word(value);
}

/** The name of a variable. */
export function variable(name: string): string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw unwritable(name, "a variable's name");
  return name;
}

function word(value: string | number): string {
  if (typeof value !== "string" && !Number.isSafeInteger(value)) throw unwritable(value, "a shell word");
  const text = String(value);
  if (text.includes("\0") || loneSurrogate.test(text)) throw unwritable(value, "a shell word");
  return bare.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
