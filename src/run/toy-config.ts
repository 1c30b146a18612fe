import type { Model } from "../model/model.ts";
import type { Folded } from "./fold.ts";

type Config = Readonly<Record<string, unknown>>;

/** Widths of a toy, by the names that families give them. Rows are multiples of 16 bytes; no two mean the same by chance. */
const widths = {
  hidden_size: 64,
  intermediate_size: 48,
  moe_intermediate_size: 32,
  shared_expert_intermediate_size: 40,
  vocab_size: 160,
  head_dim: 16,
  kv_lora_rank: 24,
  q_lora_rank: 32,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 8,
  v_head_dim: 16,
  max_position_embeddings: 256,
  sliding_window: 24,
  num_nextn_predict_layers: 0,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
} as const;

/** A toy's config.json: the whole model's with some keys changed and some left out. */
export interface ToyConfig {
  /** As it is written: JavaScript's numbers would not tell 7.0 from 7, and transformers does. */
  readonly text: string;
  readonly changes: Config;
  readonly without: readonly string[];
}

/** What planc itself reads of a toy's config.json. */
export function merged({ text, changes, without }: ToyConfig): Config {
  const whole = Object.entries({ ...JSON.parse(text), ...changes });
  return Object.fromEntries(whole.filter(([name]) => !without.includes(name)));
}

/** The same as a text in which numbers keep the point that the whole model's config writes: strict classes tell 7.0 from 7. */
export function mergedText(toy: ToyConfig): string {
  const written = [...toy.text.matchAll(/"(\w+)"\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g)];
  const pointed = new Map(
    written
      .filter(([, , number = ""]) => /[.eE]/.test(number) && Number.isInteger(Number(number)))
      .map(([, key, number]) => [`"${key}": ${Number(number)}`, `"${key}": ${Number(number).toFixed(1)}`]),
  );
  const text = JSON.stringify(merged(toy), null, 2);
  return text.replaceAll(/"\w+": -?\d+(?![\d.eE])/g, (pair) => pointed.get(pair) ?? pair);
}

/**
 * The config.json of a model of the same structure at toy size: dense layers and MoE layers, shared experts, biases,
 * tied embeddings and key-value groups stay, widths shrink, and every rank of the folded mesh keeps more than one expert.
 */
export function toyConfig(model: Model, mesh: Folded, layers: number | undefined): ToyConfig {
  const whole = model.config.value as Config;
  const { num_experts, num_experts_per_tok } = model.sizes;
  const efsdp = (mesh.fsdp_size * mesh.tp_size) / mesh.ep_size;
  const experts = Math.max(2 * mesh.ep_size * efsdp, 8);
  const topK = Math.min(num_experts_per_tok, num_experts === num_experts_per_tok ? experts : experts / 2, 4);
  const toy: Record<string, unknown> = { dtype: "float32" };
  for (const [name, width] of Object.entries(widths)) if (isNumber(whole[name])) toy[name] = width;
  const { num_attention_heads: heads, num_key_value_heads: groups } = model.sizes;
  toy["num_attention_heads"] = 4 * mesh.tp_size;
  if ("num_key_value_heads" in whole) toy["num_key_value_heads"] = (heads === groups ? 4 : 2) * mesh.tp_size;
  if (whole["head_dim"] === undefined && whole["kv_lora_rank"] === undefined) toy["hidden_size"] = 64 * mesh.tp_size;
  // Of tied embeddings every rank keeps as many rows as the others, as in the plan's own mesh.
  const shards = mesh.fsdp_size * mesh.tp_size;
  if (model.tied) toy["vocab_size"] = shards * Math.ceil(widths.vocab_size / shards);
  toy[model.keyOf("num_experts")] = experts;
  toy[model.keyOf("num_experts_per_tok")] = topK;
  for (const other of ["num_experts", "num_local_experts", "n_routed_experts"])
    if (isNumber(whole[other])) toy[other] = experts;
  if (isNumber(whole["n_group"])) toy["n_group"] = whole["n_group"] > 1 ? 2 : 1;
  if (isNumber(whole["topk_group"])) toy["topk_group"] = 1;

  const dense = isNumber(whole["first_k_dense_replace"]) ? Math.min(1, whole["first_k_dense_replace"]) : 0;
  const period = isNumber(whole["decoder_sparse_step"]) ? whole["decoder_sparse_step"] : 1;
  const depth = layers ?? Math.min(model.sizes.num_hidden_layers, Math.max(2, dense + period));
  toy["num_hidden_layers"] = depth;
  if (isNumber(whole["max_window_layers"])) toy["max_window_layers"] = depth;
  if (isNumber(whole["first_k_dense_replace"])) toy["first_k_dense_replace"] = dense;
  for (const perLayer of ["layer_types", "mlp_layer_types"])
    if (Array.isArray(whole[perLayer])) toy[perLayer] = whole[perLayer].slice(0, depth);
  if (Array.isArray(whole["mlp_only_layers"]))
    toy["mlp_only_layers"] = whole["mlp_only_layers"].filter((layer) => Number(layer) < depth - 1);
  const without = ["quantization_config", "torch_dtype", "auto_map", "transformers_version"];
  return { text: model.config.text, changes: toy, without };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
