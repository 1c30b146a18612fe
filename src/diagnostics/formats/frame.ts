import { type Cell, widthOf } from "../../text/columns.ts";
import { columnsOf, fold } from "../../text/fold.ts";
import type { Range } from "../../text/location.ts";
import { crop } from "./crop.ts";
import { type Look, paint, type Role } from "./look.ts";

/** Something to point at in a frame. */
export interface Mark {
  readonly range: Range;
  /** `^` for the mistake itself, `-` for other places. */
  readonly caret: "^" | "-" | "~";
  readonly role: Role;
  readonly label?: { readonly text: string; readonly role: Role };
  /** What should stand in the marked place, written under it. */
  readonly instead?: string;
}

/** The lines of a text that marks point at, each with its carets below; the line before the mistake gives it context. */
export function frame(text: string, marks: readonly Mark[], look: Look): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const numbers = shownLines(lines, marks);
  const margin = marginFor((numbers.at(-1) ?? 0) + 1, look);
  const rows: Row[] = [];
  numbers.forEach((number, index) => {
    const previous = numbers[index - 1];
    if (previous !== undefined && number > previous + 1) rows.push({ margin: margin.gap, text: "" });
    const here = marks.filter(({ range }) => range.start.line === number);
    const line = crop(lines[number] ?? "", here[0]?.range.start.character ?? 0, look.width - margin.width);
    rows.push({ margin: margin.numbered(number), text: line.map(({ shown }) => shown).join("") });
    for (const mark of here)
      rows.push(
        ...pointAt(mark, line, look, look.width - margin.width).map((row) => ({ margin: margin.empty, text: row })),
      );
  });
  const last = rows.pop();
  if (last !== undefined) rows.push(last.margin === margin.empty ? { ...last, margin: margin.last } : last);
  return rows.map((row) => `${row.margin} ${row.text}`.trimEnd());
}

interface Row {
  readonly margin: string;
  readonly text: string;
}

function shownLines(lines: readonly string[], marks: readonly Mark[]): number[] {
  const numbers = new Set<number>();
  for (const { range, caret } of marks) {
    const { line } = range.start;
    numbers.add(line);
    if (caret === "^" && (lines[line - 1] ?? "").trim() !== "") numbers.add(line - 1);
  }
  return [...numbers].sort((a, b) => a - b);
}

function marginFor(largest: number, look: Look) {
  const digits = String(largest).length;
  const [bar, corner, dots] = look.unicode ? ["│", "╵", "⋮"] : ["|", "|", ":"];
  const faint = (mark: string, number = "") => paint(look, "faint", `  ${number.padStart(digits)} ${mark}`);
  return {
    width: digits + 5,
    numbered: (line: number) => faint(bar, String(line + 1)),
    empty: faint(bar),
    last: faint(corner),
    gap: faint(dots),
  };
}

/** `room`: columns beside the margin. A label that has none left behind the carets goes below them. */
function pointAt(
  { range, caret, role, label, instead }: Mark,
  line: readonly Cell[],
  look: Look,
  room: number,
): string[] {
  const { start, end } = range;
  const until = end.line === start.line ? end.character : Number.POSITIVE_INFINITY;
  const column = widthOf(line.filter((cell) => cell.end <= start.character));
  const indent = " ".repeat(column);
  const covered = widthOf(line.filter((cell) => cell.end > start.character && cell.start < until));
  const carets = paint(look, role, caret.repeat(Math.max(1, covered)));
  const fits = label === undefined || column + Math.max(1, covered) + 1 + columnsOf(label.text) <= room;
  const words = label === undefined || !fits ? "" : ` ${paint(look, label.role, label.text)}`;
  const below =
    fits || label === undefined ? [] : beside(label.text, column, room, (text) => paint(look, label.role, text));
  const under = instead === undefined ? [] : beside(instead, column, room, (text) => paint(look, "fix", text));
  return [`${indent}${carets}${words}`, ...below, ...under];
}

/** A text in lines that begin at `column`, or further to the left where there is no room. */
function beside(text: string, column: number, room: number, painted: (text: string) => string): string[] {
  const from = Math.max(0, Math.min(column, room - Math.min(columnsOf(text), Math.floor(room / 2))));
  return fold(text, room - from).map((row) => " ".repeat(from) + painted(row));
}
