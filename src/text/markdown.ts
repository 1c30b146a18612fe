import { unwritable } from "./literal.ts";

/** Text that Markdown shows as it is, on one line: in a paragraph, a list item or a table's cell. */
export function markdown(value: string | number): string {
  return oneLine(value)
    .replace(/[\\`*[\]<>&|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\$&")
    .replace(/^[-+#=]/, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2");
}

/** A code span that shows the text as it is. A table would end its cell at a `|`, so none may hold one there. */
export function code(value: string | number): string {
  const text = oneLine(value);
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$|^$|^ .*[^ ].* $/.test(text) ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

function oneLine(value: string | number): string {
  if (typeof value !== "string" && typeof value !== "number") throw unwritable(value, "Markdown");
  return String(value)
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ")
    .trim();
}
