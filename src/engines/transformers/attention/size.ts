import type { AttentionSize } from "../../../estimate/attention.ts";
import { microBatchSequences } from "../../../estimate/batch.ts";
import type { Placed } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";
import { kindOf } from "./implementation.ts";

/** What attention works on, on one rank and in one micro-batch. */
export function attentionSize(facts: ModelFacts, placed: readonly Placed[]): AttentionSize {
  const { plan, model, rows, attention } = facts;
  const { max_length } = rows;
  const sequences = microBatchSequences(rows);
  // The trainer makes one long sequence of a micro-batch where packing does not cut documents.
  const isFlat = rows.packed_by !== undefined;
  const length = max_length === null ? null : isFlat ? max_length * sequences : max_length;
  const config = model.config.value as Readonly<Record<string, unknown>>;
  const types = Array.isArray(config["layer_types"]) ? new Set(config["layer_types"]).size : 1;
  return {
    kind: kindOf(attention.implementation),
    softmaxInFloat32: !model.parameters.some(({ name }) => name.endsWith(".sinks")),
    rows: isFlat ? 1 : sequences,
    length,
    heads: model.sizes.num_attention_heads / headRanks(facts, placed),
    layers: model.sizes.num_hidden_layers,
    masks: types,
    isMasked: rows.is_padded || (length !== null && length > windowOf(config)),
    isRecomputed: plan.recompute === "full" || plan.recompute === "attention",
  };
}

/** Tokens that a layer of sliding attention looks back; none where the model has no such layers. */
function windowOf(config: Readonly<Record<string, unknown>>): number {
  const window = config["sliding_window"];
  return typeof window === "number" && config["use_sliding_window"] !== false ? window : Number.POSITIVE_INFINITY;
}

/** Ranks that share the heads: those of tp, where it cuts the projection of the queries. */
function headRanks({ sizes }: ModelFacts, placed: readonly Placed[]): number {
  const query = placed.find(({ parameter }) => /\.self_attn\.q(_b)?_proj\.weight$/.test(parameter.name));
  return query?.placement["tp"] === undefined ? 1 : sizes.tp_size;
}
