import type { Memory } from "../../estimate/estimate.ts";
import { attentionBytes, stateBytes, usedBytes } from "../../estimate/memory.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { fold } from "../../text/fold.ts";
import { bytes } from "../../text/words.ts";
import { table } from "./table.ts";

type Row = readonly [figure: string, what: string];

/** What stays on the rank, its fullest moment with the largest tensors of it, and what the allocator holds for that. */
export function memoryText(facts: MeshFacts, width: number): string[] {
  const { memory, plan } = facts;
  const held =
    plan.lora === undefined
      ? `parameters in ${plan.precision.parameters}`
      : `parameters in ${plan.precision.compute}, which stay as they are, and adapters`;
  const states: readonly Row[] = [
    [bytes(memory.parameters), held],
    [bytes(memory.gradients), plan.lora === undefined ? "gradients" : "gradients of adapters"],
    [bytes(memory.optimizer), "optimizer states"],
    ...(memory.reference === 0
      ? []
      : [[bytes(memory.reference), "the reference model, which stays as it is"] as const]),
  ];
  const { peak } = memory;
  if (peak === null) {
    const { unplayed } = facts.task;
    const why = unplayed === undefined ? [] : fold(`the peak of a step is not known: ${unplayed}`, width);
    return [...table([...states, ...withoutPeak(facts)], [0], width), ...why];
  }
  const largest = peak.largest.map(({ name, bytes: size }): Row => [bytes(size), name]);
  return [
    ...table([...states, ...peakRows(facts), ...loadRows(facts)], [0], width),
    "",
    ...fold(`largest at the peak, in ${peak.moment}`, width),
    ...table(largest, [0], width),
  ];
}

function peakRows({ memory, cluster }: MeshFacts): readonly Row[] {
  const { peak, outside } = memory;
  if (peak === null) return [];
  return [
    [bytes(peak.allocated), `allocated at the peak, in ${peak.moment}`],
    [bytes(peak.reserved), "held by torch's allocator for that"],
    [bytes(outside), "more for the CUDA context and NCCL"],
    [bytes(usedBytes(memory) ?? 0), `together, of the ${bytes(cluster.gpu.memory)} of a ${cluster.gpu.name}`],
  ];
}

/** The same sum where tokens choose their experts less evenly. */
function loadRows({ memory, plan }: MeshFacts): readonly Row[] {
  const { observed, worst, outside, peak } = memory;
  const of = (held: Memory["worst"], when: string): readonly Row[] =>
    held === null || held.reserved === peak?.reserved ? [] : [[bytes(held.reserved + outside), when]];
  return [
    ...of(observed, `where the fullest rank gets ${plan.parallelism.rank_load} times its share of the assignments`),
    ...of(worst, "where every token chooses the experts of one rank"),
  ];
}

function withoutPeak({ memory, cluster, attention }: MeshFacts): readonly Row[] {
  return [
    [bytes(stateBytes(memory)), `together, of the ${bytes(cluster.gpu.memory)} of a ${cluster.gpu.name}`],
    ...(attentionBytes(memory) === 0
      ? []
      : [
          [
            bytes(attentionBytes(memory)),
            `more for the scores and masks of attention (${attention.implementation})`,
          ] as const,
        ]),
    ...(memory.logits === null
      ? []
      : [[bytes(memory.logits), "more for the logits, where they are kept whole"] as const]),
  ];
}
