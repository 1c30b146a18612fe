import { visible } from "./visible.ts";

/** What one user-perceived character of a line becomes on a terminal, and how many columns it takes there. */
export interface Cell {
  /** The part of the line that it shows: offsets in UTF-16 code units, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly shown: string;
  readonly width: number;
}

const tabStop = 4;
const plain = /^[ -~]*$/;
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u2e80-\u303e\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6]/u;
const halfWidth = /^[\uff61-\uffdc]/;
const emoji = /^\p{Emoji_Presentation}|^\p{Extended_Pictographic}\ufe0f|^\p{Regional_Indicator}{2}/u;
const joining = /^[\p{M}\u200c\u200d]+$/u;

let segmenter: Intl.Segmenter | undefined;

/** A line cut into cells: tabs run to the next stop, wide characters take two columns, combining ones none of their own. */
export function cells(line: string): Cell[] {
  if (plain.test(line)) return Array.from(line, (shown, start) => ({ start, end: start + 1, shown, width: 1 }));
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const found: Cell[] = [];
  let column = 0;
  for (const { segment, index } of segmenter.segment(line)) {
    const cell = segment === "\t" ? spaces(tabStop - (column % tabStop)) : shownAs(segment);
    found.push({ start: index, end: index + segment.length, ...cell });
    column += cell.width;
  }
  return found;
}

/** Columns that cells take on a terminal. */
export function widthOf(line: readonly Cell[]): number {
  return line.reduce((sum, cell) => sum + cell.width, 0);
}

type Shown = Pick<Cell, "shown" | "width">;

function spaces(width: number): Shown {
  return { shown: " ".repeat(width), width };
}

function shownAs(grapheme: string): Shown {
  const shown = visible(grapheme);
  if (shown !== grapheme) return { shown, width: shown.length };
  if (joining.test(grapheme)) return { shown, width: 0 };
  return { shown, width: emoji.test(grapheme) || (wide.test(grapheme) && !halfWidth.test(grapheme)) ? 2 : 1 };
}
