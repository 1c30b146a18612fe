import type { LayoutName } from "../plan/types.ts";
import type { Path } from "../source/path.ts";
import type { Source } from "../source/source.ts";
import type { Location } from "../text/location.ts";

export type Kind =
  | "embedding"
  | "attention"
  | "norm"
  | "router"
  | "expert"
  | "shared_expert"
  | "dense_mlp"
  | "head"
  | "other";

/**
 * One row of the symbolic parameter table: a template over layers (and, where it is stored so, over experts), never
 * one string per tensor.
 */
export interface Parameter {
  /** As the model class names it in memory, `{layer}` for the layer: `model.layers.{layer}.mlp.experts.gate_up_proj`. */
  readonly name: string;
  /**
   * As the checkpoint names it, `{layer}` and `{expert}` open: two names where gate and up are stored apart. Empty
   * where the checkpoint has none of its own (a tied head).
   */
  readonly stored: readonly string[];
  /** Layer indices, ascending; null outside the layers. */
  readonly layers: readonly number[] | null;
  /** In memory, unsharded. */
  readonly shape: readonly number[];
  /** As the checkpoint stores it ("bfloat16"). */
  readonly dtype: string;
  readonly kind: Kind;
  /** A persistent buffer of the state dict (no gradient, not counted as a parameter). */
  readonly buffer?: true;
  /** Name of the parameter whose storage it shares (a tied head); not counted in the totals. */
  readonly tied?: string;
}

export interface Totals {
  readonly total: number;
  /** In routed experts. */
  readonly expert: number;
  /** Everything else. */
  readonly dense: number;
  /** Used for one token: top-k of the experts, without the input embedding. */
  readonly active: number;
  /** With the parts beside the language model, of which the others are totals. */
  readonly whole: number;
}

/** The sizes that names and shapes follow from, under one name whatever the family calls them. */
export interface TableSizes {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly vocab_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  /** Undefined where a family has no such key (multi-head latent attention). */
  readonly head_dim: number | undefined;
  readonly num_experts: number;
  readonly moe_intermediate_size: number;
}

/** The sizes that rules and estimates ask for: with those that only training uses, and a checkpoint does not show. */
export interface Sizes extends TableSizes {
  readonly num_experts_per_tok: number;
  readonly max_position_embeddings: number | undefined;
}

/** A model as its config.json describes it. */
export interface Model {
  readonly model_type: string;
  /** The class that transformers builds: "Qwen3MoeForCausalLM". */
  readonly architecture: string;
  readonly config: Source;
  readonly sizes: Sizes;
  /** The config.json place of one of the sizes, under the key that this config writes it with. */
  at(size: keyof Sizes | Path): Location;
  /** The key that this config writes a size with: "num_local_experts". */
  keyOf(size: keyof Sizes): string;
  /** Layers that hold routed experts. */
  readonly moeLayers: readonly number[];
  /** In the order of the model's state dict. */
  readonly parameters: readonly Parameter[];
  /** Wildcarded names of modules and parameters, as `base_model_ep_plan` patterns name them with the full path. */
  readonly names: ReadonlySet<string>;
  readonly totals: Totals;
  readonly dtype: string;
  readonly tied: boolean;
  /** Modules beside the language model, by their paths in memory ("model.visual"): no row of text runs them. */
  readonly towers: readonly string[];
  /** Of these, the ones that are no module but a single parameter. */
  readonly towerParameters: readonly string[];
  /** Where the language model stands in memory, before its layers: "model", "model.language_model". */
  readonly base: string;
  /** The type of the language model; of a model of one part its own. */
  readonly text_type: string;
  /** How the family is published. */
  readonly publishedLayout: LayoutName;
  /** `quantization_config.quant_method` of the config.json, or of its language model. */
  readonly quantization: string | undefined;
  /** Keys that lead to it. */
  readonly quantizedAt: readonly string[];
}
