import { allReduceBytes, gatherBytes } from "../../../estimate/traffic.ts";
import type { Placed } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";

/** Ranks of the axes that FSDP works over. */
export interface Shards {
  readonly dp_replicate: number;
  readonly fsdp: number;
  readonly efsdp: number;
}

/** A router's bias that is set and not learned, where it is a parameter all the same. */
const untrained = /\.e_score_correction_bias$/;

/**
 * Bytes that FSDP sends in an optimizer step, by axis. Shards are gathered in every micro-batch, gradients summed once a step:
 * while they are accumulated, each rank keeps them whole. What is sent of a shard is as large on every rank: the last ones are
 * filled up.
 *
 * Units let go of their weights after the forward pass and gather them again for the backward pass, but for the last norm with
 * the head, and for what stands in no unit of its own. Embeddings that are tied to the head are a part of both units: each
 * gathers them once and sums their gradient.
 */
export function shardTraffic(facts: ModelFacts, placed: readonly Placed[], ranks: Shards): Shards {
  const { plan, model, release, rows } = facts;
  const switches = release.precisionSwitches(plan.precision);
  const isMixed = switches?.fsdp_mixed_precision === true;
  // What is not trained is held as it is computed with.
  const isNarrow = facts.adapter === undefined ? switches?.dtype === "bfloat16" : plan.precision.compute === "bfloat16";
  const sums = { dp_replicate: 0, fsdp: 0, efsdp: 0 };
  for (const { parameter, placement, local_shape, in_float32 } of placed) {
    if (parameter.buffer || parameter.tied !== undefined) continue;
    const axis = "efsdp" in placement || ("ep" in placement && !("fsdp" in placement)) ? "efsdp" : "fsdp";
    const elements = local_shape.reduce((product, size) => product * size, 1) * (parameter.layers?.length ?? 1);
    const stored = in_float32 || !isNarrow ? 4 : 2;
    const isEmbedding = parameter.name === `${model.base}.embed_tokens.weight`;
    const gathers = isEmbedding || parameter.layers !== null ? 2 : 1;
    const gathered = elements * (isMixed ? 2 : stored);
    const reduced =
      facts.adapter !== undefined || untrained.test(parameter.name) ? 0 : isEmbedding && model.tied ? 2 : 1;
    const gradient = elements * (isMixed ? 4 : stored) * reduced;
    sums[axis] += gatherBytes(gathered, ranks[axis]) * gathers * rows.gradient_accumulation_steps;
    sums[axis] += gatherBytes(gradient, ranks[axis]);
    sums.dp_replicate += allReduceBytes(gradient, ranks.dp_replicate);
  }
  return sums;
}
