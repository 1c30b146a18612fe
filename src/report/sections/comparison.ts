import type { Subject } from "../read/run.ts";
import { bytesCell, type Cell, countCell, numberCell, shareCell, type Table, words } from "../table.ts";
import { millisecondsCell } from "./time.ts";

/** What was foreseen beside what was measured; undefined of a plan that was not run. */
export function comparisonOf({ plan, measured }: Subject): Table | undefined {
  if (measured === null) return undefined;
  const { peak } = plan.memory;
  const steps = measured.steps[1] - measured.steps[0];
  const perStep = steps > 0 ? measured.tokens / steps : null;
  // Of the median, as the other rates: the first steps wait for what is only made once.
  const rate = plan.worldSize * (measured.tokensPerSecond?.median ?? 0);
  const seconds = perStep !== null && rate > 0 ? perStep / rate : null;
  const time = plan.time === null || "unknown" in plan.time ? null : plan.time;
  const rows = [
    row("time of a step", millisecondsCell, time?.seconds ?? null, seconds),
    row("tokens/s/GPU", numberCell, time?.tokensPerSecond ?? null, measured.tokensPerSecond?.median ?? null),
    row("MFU", shareCell, time?.mfu ?? null, measured.mfu?.median ?? null),
    row("allocated at the peak", bytesCell, peak?.allocated ?? null, measured.allocated),
    row("held by torch's allocator", bytesCell, peak?.reserved ?? null, measured.reserved),
    row("tokens a step", (value) => countCell(value === null ? null : Math.round(value)), plan.tokensPerStep, perStep),
    ...(plan.axes.some(({ name, size }) => name === "ep" && size > 1)
      ? [row("assignments of the fullest rank, over its share", numberCell, 1, measured.rankLoad)]
      : []),
  ];
  return { caption: "Foreseen and measured", head: ["figure", "foreseen", "measured", "measured / foreseen"], rows };
}

function row(what: string, cell: (value: number | null) => Cell, foreseen: number | null, measured: number | null) {
  const ratio = foreseen === null || measured === null || foreseen === 0 ? null : measured / foreseen;
  return [
    words(what),
    cell(foreseen),
    measured === null ? words("not measured") : cell(measured),
    ratio === null ? words("") : { text: ratio.toFixed(3), value: ratio },
  ];
}
