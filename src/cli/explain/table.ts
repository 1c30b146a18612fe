import { columnsOf, foldBehind } from "../../text/fold.ts";

/** The least that a column of sentences is squeezed to. */
const narrowest = 24;
const gap = "  ";

/**
 * Rows of cells with the columns aligned, two spaces between them; columns named in `right` stand to the right. No line is
 * wider than `width` columns: the last cell is folded below itself, and where that has no room it goes below its row.
 */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => columnsOf(row[column] ?? ""))),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0);
  if (before + (widths.at(-1) ?? 0) <= width) return rows.map((row) => aligned(row, widths, right).trimEnd());
  return rows.flatMap((row) => {
    const last = row.length === columns ? (row.at(-1) ?? "") : "";
    const first = aligned(last === "" ? row : row.slice(0, -1), widths, right);
    if (width - before >= narrowest) return foldBehind(first + gap, last, width).map((line) => line.trimEnd());
    return [...foldBehind("", first.trimEnd(), width), ...(last === "" ? [] : foldBehind("    ", last, width))];
  });
}

function aligned(row: readonly string[], widths: readonly number[], right: readonly number[]): string {
  return row
    .map((cell, column) => {
      const room = " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell)));
      return right.includes(column) ? room + cell : cell + room;
    })
    .join(gap);
}
