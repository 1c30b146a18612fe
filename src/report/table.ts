import { bytes, count } from "../text/words.ts";

/** What stands in a cell: words, and of a number its exact value. */
export interface Cell {
  readonly text: string;
  readonly value?: number;
}

/** Numbers with what they are of: every picture of a report has one. */
export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that were left out. */
  readonly more?: number;
}

export function words(text: string): Cell {
  return { text };
}

export function bytesCell(value: number | null): Cell {
  return value === null ? unknown : { text: bytes(value), value };
}

export function countCell(value: number | null): Cell {
  return value === null ? unknown : { text: count(value), value };
}

/** With so many significant digits. */
export function numberCell(value: number | null, digits = 4): Cell {
  if (value === null) return unknown;
  return Number.isFinite(value) ? { text: shortNumber(value, digits), value } : { text: "not a number" };
}

export function shareCell(value: number | null): Cell {
  return value === null ? unknown : { text: `${(100 * value).toFixed(1)} %`, value };
}

const unknown: Cell = { text: "not known" };

/** 0.00002 → "2e-5", 1234.5678 → "1,235", 6.04321 → "6.043". */
export function shortNumber(value: number, digits = 4): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9))
    return value
      .toExponential(Math.max(0, digits - 2))
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  if (size >= 10 ** (digits - 1)) return `${value < 0 ? "-" : ""}${count(Math.round(size))}`;
  return String(Number(value.toPrecision(digits)));
}

/** At most so many rows, spread evenly, with the first and the last. */
export function spread<T>(rows: readonly T[], most: number): readonly T[] {
  if (rows.length <= most) return rows;
  const step = (rows.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => rows[Math.round(index * step)] as T);
}
