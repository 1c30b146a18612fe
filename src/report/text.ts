import { plural } from "../text/words.ts";
import type { ReportedTime } from "./read/plan.ts";
import type { Subject } from "./read/run.ts";
import { comparisonOf } from "./sections/comparison.ts";
import { chartsOf } from "./sections/curves.ts";
import { loadTable } from "./sections/load.ts";
import { memoryTable } from "./sections/memory.ts";
import { cardsOf, headlineOf } from "./sections/overview.ts";
import { timeInWords, timeRows } from "./sections/time.ts";
import { trafficTable } from "./sections/traffic.ts";
import { type Cell, numberCell, spread, type Table, words } from "./table.ts";

/** Rows below a title; those after the first are shown with aligned columns. */
export interface TextSection {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** The report in short, for a terminal. */
export function summaryOf(subject: Subject): { readonly headline: string; readonly sections: readonly TextSection[] } {
  const { plan, measured, curves, missing } = subject;
  const comparison = comparisonOf(subject);
  const worst = measured === null ? [] : worstLayers(loadTable(measured));
  const sections: readonly TextSection[] = [
    { title: "In short", rows: cardsOf(subject).map(({ label, cell, note }) => [cell.text, `${label}, ${note}`]) },
    ...(comparison === undefined
      ? []
      : [{ title: comparison.caption, rows: [comparison.head, ...textOf(comparison)] }]),
    ...(plan.time === null ? [] : [{ title: "Time of a step", rows: timeLines(plan.time) }]),
    {
      title: "Memory of the rank that holds the most",
      rows: textOf(memoryTable(plan)).map(([what = "", bytes = ""]) => [bytes, what]),
    },
    {
      title: "Bytes that a rank sends in a step",
      rows: textOf(trafficTable(plan)).map(([axis = "", bytes = "", what = ""]) => [bytes, axis, what]),
    },
    { title: "Layers whose fullest expert has the most", rows: worst },
    {
      title: "From the first to the last log",
      rows: chartsOf(curves).flatMap(({ lines }) =>
        lines.map(({ name, points }) => {
          const numbers = points.filter(({ value }) => Number.isFinite(value));
          const gaps = points.length - numbers.length;
          const shown = spread(numbers, 4).map(({ value }) => numberCell(value).text);
          return [name, [...shown, ...(gaps === 0 ? [] : [`(${plural(gaps, "log")} not a number)`])].join("  ")];
        }),
      ),
    },
    { title: "Missing", rows: missing.map((each) => [each]) },
  ];
  return { headline: `${plan.name}: ${headlineOf(subject)}`, sections: sections.filter(({ rows }) => rows.length > 0) };
}

/** Why nothing is known, or the classes that take the most. */
function timeLines(time: ReportedTime): string[][] {
  if ("unknown" in time) return [[timeInWords(time)]];
  const rows = timeRows(time).map(({ name, cell }) => [cell.text, name]);
  return rows.slice(0, 5);
}

function worstLayers(table: Table): string[][] {
  const column = table.head.indexOf("fullest over the mean");
  const load = (row: readonly Cell[]) => row[column] ?? words("");
  const sorted = [...table.rows].sort((a, b) => (load(b).value ?? 0) - (load(a).value ?? 0));
  return sorted.slice(0, 3).map((row) => [load(row).text, `times the mean, in layer ${row[0]?.text}`]);
}

function textOf({ rows }: Table): string[][] {
  return rows.map((row) => row.map(({ text }) => text));
}
