import { families } from "../../../src/model/families.ts";
import { tinyConfigs } from "../../convert/tiny-configs.ts";
import { smallConfig } from "../../model/variants.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Over the small configs of the other tests: what a first forward asks for, and options that have something to act on. */
const changes: Readonly<Record<string, Tree>> = {
  // Latent attention repeats its heads of keys and values, and has as many as of queries.
  deepseek_v2: { num_key_value_heads: 6 },
  deepseek_v3: { num_key_value_heads: 6 },
  qwen2_moe: { use_sliding_window: true, sliding_window: 8, max_window_layers: 1, mlp_only_layers: [0] },
  qwen3_moe: { mlp_only_layers: [0] },
};

/** Small configs that transformers builds and trains, by family: what is tried with every key changed. */
export const configToys: Readonly<Record<string, Tree>> = Object.fromEntries([
  ...tinyConfigs.map(([type, config]) => [type, config]),
  ...[...families.keys()].map((type) => [type, { ...smallConfig(type), ...changes[type] }]),
]);

/** Of these, the families that planc trains. */
export const trainedToys = Object.fromEntries(Object.entries(configToys).filter(([type]) => families.has(type)));
