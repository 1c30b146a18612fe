import type { Curves, Point, Reading } from "../read/log.ts";
import { type Cell, numberCell, spread, type Table, words } from "../table.ts";

/** Curves of a run that share a picture. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** Points that are no numbers. */
  readonly gaps: number;
}

const charts: readonly { readonly title: string; readonly lines: readonly (readonly [Reading, string])[] }[] = [
  {
    title: "Loss",
    lines: [
      ["loss", "training loss"],
      ["eval_loss", "evaluation loss"],
    ],
  },
  { title: "Norm of the gradients", lines: [["grad_norm", "norm of the gradients"]] },
  { title: "Learning rate", lines: [["learning_rate", "learning rate"]] },
  { title: "Tokens/s/GPU", lines: [["tokens_per_second_per_gpu", "tokens/s/GPU"]] },
  { title: "Fullest expert over the mean", lines: [["expert_load", "fullest expert over the mean"]] },
];

const columns: readonly (readonly [Reading, string])[] = charts.flatMap(({ lines }) => lines);

const mostRows = 40;

export function chartsOf(curves: Curves): Chart[] {
  return charts.flatMap(({ title, lines }) => {
    const found = lines.flatMap(([reading, name]) => {
      const points = curves.get(reading);
      return points === undefined ? [] : [{ name, points }];
    });
    const gaps = found.flatMap(({ points }) => points).filter(({ value }) => !Number.isFinite(value)).length;
    return found.length === 0 ? [] : [{ title, lines: found, gaps }];
  });
}

/** A row a step that was logged, spread over the run. */
export function curvesTable(curves: Curves): Table {
  const shown = columns.filter(([reading]) => curves.has(reading));
  const values = new Map(
    shown.map(([reading]) => [reading, new Map(curves.get(reading)?.map(({ step, value }) => [step, value]))]),
  );
  const steps = [...new Set([...values.values()].flatMap((each) => [...each.keys()]))].sort((a, b) => a - b);
  const rows = spread(steps, mostRows).map((step) => [
    numberCell(step, 12),
    ...shown.map(([reading]): Cell => {
      const value = values.get(reading)?.get(step);
      return value === undefined ? words("") : numberCell(value);
    }),
  ]);
  return {
    caption: "The log",
    head: ["step", ...shown.map(([, name]) => name)],
    rows,
    more: Math.max(0, steps.length - rows.length),
  };
}
