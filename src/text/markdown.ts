import { unwritable } from "./literal.ts";

/** Text that Markdown shows as it is, on one line: in a paragraph, a list item or a table's cell. */
export function markdown(value: string | number): string {
  return oneLine(value).replace(/[!-/:-@[-`{-~]/g, (char) => (needsEscape.has(char) ? `\\${char}` : char));
}

/** Punctuation that can begin or end something. A dot, colon or comma cannot. */
const needsEscape = new Set("\\`*_{}[]<>#+-!|&~$^=\"'()@");

/** A code span that shows the text as it is, in a table's cell too. */
export function code(value: string | number): string {
  const text = oneLine(value).replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = text.startsWith("`") || text.endsWith("`") || text === "" || /^ .* $/.test(text) ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

function oneLine(value: string | number): string {
  if (typeof value !== "string" && typeof value !== "number") throw unwritable(value, "Markdown");
  return String(value)
    .replace(/[\p{Cc}\p{Cs}]+/gu, " ");
}
