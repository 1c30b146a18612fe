import { classes } from "../../estimate/time/classes.ts";
import type { ReportedTime } from "../read/plan.ts";
import { type Cell, shareCell, type Table, words } from "../table.ts";

type Known = Exclude<ReportedTime, { readonly unknown: string }>;

/** Milliseconds of a step, what takes the longest first; what takes none is left out. */
export function timeRows({ classes: found }: Known): { readonly name: string; readonly cell: Cell }[] {
  const taken = found.filter(([, seconds]) => seconds > 0).sort((a, b) => b[1] - a[1]);
  return taken.map(([name, seconds]) => ({
    name: Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : name.replaceAll("_", " "),
    cell: millisecondsCell(seconds),
  }));
}

export function timeTable(time: Known): Table {
  const rows = timeRows(time).map(({ name, cell }) => [
    words(name),
    cell,
    shareCell(time.seconds > 0 ? (cell.value ?? 0) / time.seconds : null),
  ]);
  return {
    caption: "Where the time of a step goes, foreseen",
    head: ["what", "time", "of the step"],
    rows: [...rows, [words("together"), millisecondsCell(time.seconds), words("")]],
  };
}

/** The value stays in seconds, as the lock has it. */
export function millisecondsCell(seconds: number | null): Cell {
  if (seconds === null) return words("not known");
  const ms = 1000 * seconds;
  return {
    text: ms >= 10_000 ? `${seconds.toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`,
    value: seconds,
  };
}

/** A sentence that says what bounds a step, or why nothing is known. */
export function timeInWords(time: ReportedTime): string {
  if ("unknown" in time) return `Not known: ${time.unknown}.`;
  const [fastest, slowest] = time.range.map((seconds) => millisecondsCell(seconds).text);
  return `A step is foreseen to take ${millisecondsCell(time.seconds).text}, between ${fastest} and ${slowest}; the most of it is bound by ${boundWords[time.boundBy] ?? time.boundBy}. Rates: ${time.source}.`;
}

const boundWords: Readonly<Record<string, string>> = {
  compute: "products",
  memory: "the GPU's memory",
  links: "the links between GPUs",
  host: "the host, which the GPU waits for",
};
