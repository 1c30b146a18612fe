import { PLN5093 } from "../../diagnostics/catalogue/report.ts";
import type { Findings } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source/source.ts";
import { count } from "../../text/words.ts";
import { Fields } from "./fields.ts";

/** What a report draws of the trainer's log, by the trainer's own names. */
export const readings = [
  "loss",
  "eval_loss",
  "grad_norm",
  "learning_rate",
  "tokens_per_second_per_gpu",
  "expert_load",
] as const;

export type Reading = (typeof readings)[number];

/** One value of the log; NaN where the trainer wrote what is no finite number. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Each in the order of the steps; those that the log does not have are left out. */
export type Curves = ReadonlyMap<Reading, readonly Point[]>;

/** The log of a `trainer_state.json`. */
export function readLog(source: Source, findings: Findings): readonly Fields[] {
  return Fields.of(source, findings).list("log_history");
}

/** Of several logs of one run; where two have a reading of the same step the later list counts. */
export function curvesOf(logs: readonly (readonly Fields[])[], findings: Findings): Curves {
  const found = new Map<Reading, Map<number, Point>>();
  for (const entry of logs.flat()) {
    const step = entry.number("step");
    for (const key of readings) {
      if (!entry.hasKey(key)) continue;
      const points = found.get(key) ?? new Map<number, Point>();
      points.set(step, { step, value: entry.reading(key) });
      found.set(key, points);
    }
  }
  for (const [key, points] of found) warnOfGaps(key, points, logs, findings);
  return new Map(
    readings.flatMap((key) => {
      const points = found.get(key);
      return points === undefined ? [] : [[key, [...points.values()].sort((a, b) => a.step - b.step)] as const];
    }),
  );
}

function warnOfGaps(
  key: Reading,
  points: ReadonlyMap<number, Point>,
  logs: readonly (readonly Fields[])[],
  findings: Findings,
): void {
  const gaps = [...points.values()].filter(({ value }) => !Number.isFinite(value));
  const [first, ...others] = gaps;
  if (first === undefined) return;
  const entry = logs.flat().findLast((each) => each.hasKey(key) && each.number("step") === first.step);
  const more = others.length === 0 ? "" : ` and ${count(others.length)} more`;
  if (entry !== undefined) findings.add(PLN5093(entry.at(key), { key, step: first.step, more }));
}
