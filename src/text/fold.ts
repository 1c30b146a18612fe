import { type Cell, cells, widthOf } from "./columns.ts";

/**
 * A sentence broken at spaces into lines of at most `width` columns on a terminal. A word that is wider is broken itself, so
 * that no line is wider than asked. Spaces at the breaks are dropped, others stay.
 */
export function fold(text: string, width: number): string[] {
  const most = Math.max(1, width);
  const lines: Cell[][] = [];
  let line: Cell[] = [];
  for (const word of wordsOf(cells(text))) {
    const [gap, own] = word;
    if (line.length > 0 && widthOf(line) + widthOf(gap) + widthOf(own) <= most) line.push(...gap, ...own);
    else {
      if (line.length > 0) lines.push(line);
      const rest = [...own];
      // What is wider than a line fills as many as it needs.
      while (widthOf(rest) > most) lines.push(rest.splice(0, fitting(rest, most)));
      line = rest;
    }
  }
  if (line.length > 0 || lines.length === 0) lines.push(line);
  return lines.map((row) => row.map(({ shown }) => shown).join(""));
}

/** `fold` with a first line that stands behind `start`, and the others below it, in by as much. */
export function foldBehind(start: string, text: string, width: number): string[] {
  const indent = widthOf(cells(start));
  return fold(text, width - indent).map((line, index) => (index === 0 ? start : " ".repeat(indent)) + line);
}

/** Columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return widthOf(cells(text));
}

/** The spaces before each word, and the word. */
function wordsOf(line: readonly Cell[]): [gap: Cell[], word: Cell[]][] {
  const words: [Cell[], Cell[]][] = [];
  let gap: Cell[] = [];
  let isInside = false;
  for (const cell of line) {
    if (cell.shown.trim() === "") {
      gap.push(cell);
      isInside = false;
    } else if (isInside) words.at(-1)?.[1].push(cell);
    else {
      words.push([gap, [cell]]);
      gap = [];
      isInside = true;
    }
  }
  return words;
}

/** How many cells fit, at least one. */
function fitting(row: readonly Cell[], width: number): number {
  let used = 0;
  const index = row.findIndex((cell) => {
    used += cell.width;
    return used > width;
  });
  return Math.max(1, index);
}
