import { bytes, count, plural } from "../../text/words.ts";
import type { Subject } from "../read/run.ts";
import { bytesCell, type Cell, countCell, numberCell, shareCell, type Table, words } from "../table.ts";
import { millisecondsCell } from "./time.ts";

/** A figure that stands out. */
export interface Card {
  readonly label: string;
  readonly cell: Cell;
  readonly note: string;
}

/** One line that says what is reported of. */
export function headlineOf({ plan }: Subject): string {
  const { model, cluster } = plan;
  const machines = cluster.nodes === 1 ? "one machine" : plural(cluster.nodes, "machine");
  return `${model.architecture}, ${count(model.total)} parameters, on ${plural(plan.worldSize, "rank")} of ${machines} with ${cluster.gpus_per_node} ${cluster.gpu} each`;
}

/** What a step is foreseen to take, and what the run took. */
export function cardsOf({ plan, measured }: Subject): Card[] {
  const { peak, outside } = plan.memory;
  const used = peak === null ? null : peak.reserved + outside;
  const memory = plan.cluster.memory;
  const cards: Card[] = [
    {
      label: "Memory at the peak, foreseen",
      cell: bytesCell(used),
      note: used === null ? "only the states are known" : `of the ${bytes(memory)} of a ${plan.cluster.gpu}`,
    },
    {
      label: "Tokens a step",
      cell: countCell(plan.tokensPerStep),
      note: plan.tokensPerStep === null ? "nothing bounds a sequence" : "over all ranks",
    },
    {
      label: "Experts",
      cell: countCell(plan.model.num_experts),
      note: `in a layer, ${plan.model.num_experts_per_tok} for a token`,
    },
  ];
  const { time } = plan;
  if (measured === null) {
    if (time === null || "unknown" in time) return cards;
    return [
      {
        label: "Tokens/s/GPU, foreseen",
        cell: numberCell(time.tokensPerSecond),
        note: `a step of ${millisecondsCell(time.seconds).text}`,
      },
      { label: "MFU, foreseen", cell: shareCell(time.mfu), note: `bound by ${time.boundBy}` },
      ...cards,
    ];
  }
  const { tokensPerSecond, mfu, steps, seconds } = measured;
  return [
    ...(tokensPerSecond === null
      ? []
      : [{ label: "Tokens/s/GPU", cell: numberCell(tokensPerSecond.median), note: "median of the logs" }]),
    ...(mfu === null ? [] : [{ label: "MFU", cell: shareCell(mfu.median), note: "median of the logs" }]),
    {
      label: "Steps",
      cell: countCell(steps[1] - steps[0]),
      note: `${count(measured.tokens)} tokens in ${duration(seconds)}${steps[0] === 0 ? "" : `, from step ${count(steps[0])} on`}`,
    },
    ...cards,
  ];
}

/** What the plan sets that a reader asks for first. */
export function planTable({ plan }: Subject): Table {
  const { precision, axes } = plan;
  const sizes = axes.filter(({ size }) => size > 1).map(({ name, size }) => `${name} ${size}`);
  const rows: readonly (readonly [string, string])[] = [
    ["model", `${plan.model.model_type}, ${count(plan.model.active)} parameters at work for a token`],
    ["trained", plan.hasAdapters ? "adapters" : "the whole model"],
    ["axes", sizes.length === 0 ? "one rank" : sizes.join(", ")],
    [
      "precision",
      `parameters ${precision.parameters}, computing ${precision.compute}, gradients summed in ${precision.reduce}`,
    ],
    ["recompute", plan.recompute],
    ["stack", plan.stack.map(([name, version]) => `${name} ${version}`).join(", ")],
    ["made by", `planc ${plan.planc}`],
  ];
  return { caption: "The plan", head: ["", "value"], rows: rows.map((row) => row.map(words)) };
}

/** 4000.2 → "1 h 7 min". */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}
