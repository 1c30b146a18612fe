import { type Look, paint } from "../diagnostics/formats/look.ts";
import { columnsOf, fold, foldBehind } from "../text/fold.ts";

/**
 * A docs page for a reader, its paragraphs as wide as there is room. On a terminal headings are bold and examples indented
 * instead of fenced, elsewhere it stays Markdown.
 */
export function paintPage(page: string, look: Look): string {
  let isExample = false;
  const rows = listed(joined(page.split("\n")), look.width).flatMap((line) => {
    if (line.startsWith("```")) {
      isExample = !isExample;
      return look.color ? [] : [line];
    }
    const indent = look.color ? "    " : "";
    if (isExample) {
      return commentAbove(line, look.width - indent.length).map((row) =>
        row === "" ? "" : indent + paint(look, "place", row),
      );
    }
    if (line.startsWith("#"))
      return fold(look.color ? line.replace(/^#+ /, "") : line, look.width).map((row) => paint(look, "strong", row));
    if (/^(Wrong|Right)\b/.test(line)) return [paint(look, line.startsWith("W") ? "error" : "fix", line)];
    if (line.startsWith("|")) return [line];
    if (line.startsWith("- ")) return foldBehind("- ", line.slice(2), look.width);
    return line.startsWith("    ") ? foldBehind("    ", line.trim(), look.width) : fold(line, look.width);
  });
  return rows.join("\n");
}

/** The lines of each paragraph as one. */
function joined(lines: readonly string[]): string[] {
  const rows: string[] = [];
  let isExample = false;
  let isOpen = false;
  for (const line of lines) {
    const isFence = line.startsWith("```");
    const isProse = !isFence && !isExample && line !== "" && !/^(#| {4}|\||- )/.test(line);
    if (isProse && isOpen) rows.push(`${rows.pop()} ${line.trim()}`);
    else rows.push(line);
    isOpen = isProse || (!isExample && line.startsWith("- "));
    if (isFence) isExample = !isExample;
  }
  return rows;
}

/** The lines, with each table that is wider than there is room as a list: a row's first cell, and what the others say of it. */
function listed(lines: readonly string[], width: number): string[] {
  const isRow = (line: string | undefined) => line?.startsWith("|") === true;
  return lines.flatMap((line, index) => {
    if (!isRow(line)) return [line];
    const from = lines.findLastIndex((each, other) => other < index && !isRow(each)) + 1;
    const to = lines.findIndex((each, other) => other > index && !isRow(each));
    const table = lines.slice(from, to < 0 ? undefined : to);
    if (table.every((row) => columnsOf(row) <= width)) return [line];
    if (index < from + 2) return []; // the heads of the columns and the rule below them
    const [first, ...others] = line.slice(1, -1).split("|");
    return [`- ${[first, others.join(";")].map((cell) => cell?.trim().replace(/\s+;/g, ";")).join(": ")}`];
  });
}

/** A line of an example whose comment has no room behind it has it above. */
function commentAbove(line: string, width: number): string[] {
  const [, code, comment] = /^(.*?\S)\s{2,}(# .*)$/.exec(line) ?? [];
  if (code === undefined || comment === undefined || columnsOf(line) <= width) return [line];
  const indent = /^ */.exec(code)?.[0] ?? "";
  return [...fold(comment.slice(2), width - indent.length - 2).map((row) => `${indent}# ${row}`), code];
}
