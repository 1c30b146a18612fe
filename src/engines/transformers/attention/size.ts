import type { AttentionSize } from "../../../estimate/attention.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { batchOptions, trainerValue } from "../../../trainers/trl/options/option.ts";
import type { Placed } from "../placement/place.ts";
import { attentionOf, kindOf } from "./implementation.ts";

/** What attention works on, on one rank and in one micro-batch. */
export function attentionSize(facts: ModelFacts, placed: readonly Placed[]): AttentionSize {
  const { plan, release, model } = facts;
  const options = batchOptions(plan);
  const isFlat = isFlattened(facts);
  const { max_length, per_device_train_batch_size: sequences } = options;
  const length = max_length === null ? null : isFlat ? max_length * sequences : max_length;
  const rows = isFlat ? 1 : sequences;
  const config = model.config.value as Readonly<Record<string, unknown>>;
  const types = Array.isArray(config["layer_types"]) ? new Set(config["layer_types"]).size : 1;
  const isWrapped = options.packing && options.packing_strategy === "wrapped";
  const isPadded = !isWrapped && (isFlat || rows > 1 || trainerValue(plan, "pad_to_multiple_of") !== "auto");
  return {
    kind: kindOf(attentionOf(plan, release, model.model_type)),
    softmaxInFloat32: !model.parameters.some(({ name }) => name.endsWith(".sinks")),
    rows,
    length,
    heads: model.sizes.num_attention_heads / headRanks(facts, placed),
    layers: model.sizes.num_hidden_layers,
    masks: types,
    isMasked: isPadded || (length !== null && length > windowOf(config)),
    isRecomputed: plan.recompute === "full" || plan.recompute === "attention",
  };
}

/** Whether the trainer makes one long sequence of a micro-batch, as packing does that does not cut documents. */
function isFlattened({ plan }: ModelFacts): boolean {
  const { packing, packing_strategy } = batchOptions(plan);
  return trainerValue(plan, "padding_free") === true || (packing && packing_strategy !== "wrapped");
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
