/**
 * A part of the model that adapters are put on.
 * @value attention the linear layers of attention, of every kind that the family has
 * @value experts the routed experts, each with adapters of its own
 * @value shared_experts the experts that every token visits
 * @value dense the MLPs of layers without experts, and those that stand beside the experts
 * @value all all of these that the model has
 */
export type AdapterGroup = "attention" | "experts" | "shared_experts" | "dense" | "all";

/**
 * Trains adapters of low rank in place of the model, which stays as it is. The keys are PEFT's own, those of its
 * `LoraConfig`, but for `targets`.
 */
export interface LoraSection {
  /**
   * The parts of the model that get adapters, by what they are; planc says it in PEFT's words for the family. Omitted:
   * attention and the experts, unless `target_modules` or `target_parameters` say otherwise.
   * @example ["attention", "experts"]
   */
  readonly targets?: readonly AdapterGroup[];
  /**
   * Rank of the adapters.
   * @integer
   * @minimum 1
   * @maximum 65536
   * @default 8
   * @example 16
   */
  readonly r?: number;
  /**
   * What an adapter gives is multiplied with `lora_alpha / r`.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 8
   * @example 32
   */
  readonly lora_alpha?: number;
  /**
   * Share of an adapter's inputs that is dropped. Adapters of experts take none.
   * @minimum 0
   * @maximum 1
   * @default 0
   * @example 0.05
   */
  readonly lora_dropout?: number;
  /**
   * Names of linear layers, or the ends of their names; one text is a regular expression of whole names, or
   * `all-linear`. Omitted: what `targets` says.
   * @example ["q_proj", "k_proj", "v_proj", "o_proj"]
   */
  readonly target_modules?: readonly string[] | string;
  /**
   * Names of parameters, or the ends of their names: experts that are stacked in one are no layers of their own.
   * Omitted: what `targets` says.
   * @example ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
   */
  readonly target_parameters?: readonly string[];
  /**
   * Multiplies with `lora_alpha / sqrt(r)` instead.
   * @default false
   * @example true
   */
  readonly use_rslora?: boolean;
  /**
   * How adapters begin: `true`, so that they give zero at first; `"gaussian"`, the same with another first matrix; `false`, at
   * random.
   * @default true
   * @example "gaussian"
   */
  readonly init_lora_weights?: boolean | string;
  /**
   * Layers that `target_modules` leaves out, written as that. Omitted: none.
   * @example ["lm_head"]
   */
  readonly exclude_modules?: readonly string[] | string;
  /**
   * Modules that are trained whole beside the adapters, by name. Omitted: none.
   * @example ["lm_head"]
   */
  readonly modules_to_save?: readonly string[];
  /**
   * Indices of the layers that `target_modules` is of. Omitted: all.
   * @integer
   * @minimum 0
   * @maximum 65535
   * @example [0, 1, 2, 3]
   */
  readonly layers_to_transform?: readonly number[] | number;
  /**
   * The name before the index of a layer. Omitted: any.
   * @example "layers"
   */
  readonly layers_pattern?: readonly string[] | string;
  /**
   * Another rank for targets whose names end as the key, a regular expression, says.
   * @default {}
   * @integer
   * @minimum 1
   * @maximum 65536
   * @example { "o_proj": 32 }
   */
  readonly rank_pattern?: Readonly<Record<string, number>>;
  /**
   * Another `lora_alpha` for them.
   * @default {}
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @example { "o_proj": 64 }
   */
  readonly alpha_pattern?: Readonly<Record<string, number>>;
  /**
   * Which biases are trained.
   * @value none none
   * @value all every bias of the model
   * @value lora_only those of the layers that have adapters
   * @default "none"
   * @example "none"
   */
  readonly bias?: "none" | "all" | "lora_only";
}
