import { type Cell, cells, widthOf } from "../../text/columns.ts";

/** A line that is wider than `columns`, cut to a window in which the character at offset `focus` stands left of the middle. */
export function crop(text: string, focus: number, columns: number): readonly Cell[] {
  const line = cellsAround(text, focus, columns);
  if (widthOf(line) <= columns) return line;
  const room = Math.max(20, columns - 2);
  const at = line.findIndex((cell) => cell.end > focus);
  const first = back(line, at === -1 ? line.length : at, Math.floor(room / 3));
  let last = first;
  let used = 0;
  for (let next = line[last]; next !== undefined && used + next.width <= room; next = line[++last]) used += next.width;
  // A window that reaches the end shows as much of the line before it as fits.
  const from = last === line.length ? back(line, line.length, room) : first;
  return [...ellipsis(line.slice(0, from)), ...line.slice(from, last), ...ellipsis(line.slice(last))];
}

/** The cells of a line; of a very long one those near `focus`, with all before and all behind as one that is too wide to show. */
function cellsAround(text: string, focus: number, columns: number): readonly Cell[] {
  const reach = 10 * Math.max(columns, 100);
  const from = Math.max(0, Math.min(focus, text.length) - reach);
  const to = Math.min(text.length, focus + reach);
  const beyond = (start: number, end: number): Cell[] =>
    start < end ? [{ start, end, shown: "", width: 2 * columns }] : [];
  const near = cells(text.slice(from, to)).map((cell) => ({ ...cell, start: cell.start + from, end: cell.end + from }));
  return [...beyond(0, from), ...near, ...beyond(to, text.length)];
}

/** The index from which the cells up to `index` take at most `columns`. */
function back(line: readonly Cell[], index: number, columns: number): number {
  let from = index;
  let used = 0;
  for (let next = line[from - 1]; next !== undefined && used + next.width <= columns; next = line[from - 1]) {
    used += next.width;
    from--;
  }
  return from;
}

function ellipsis(hidden: readonly Cell[]): Cell[] {
  const [first, last] = [hidden[0], hidden.at(-1)];
  return first === undefined || last === undefined ? [] : [{ start: first.start, end: last.end, shown: "…", width: 1 }];
}
