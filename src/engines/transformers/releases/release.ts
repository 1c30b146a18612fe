import type { Parameter } from "../../../model/model.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { Release } from "../../../stack/engine.ts";
import type { Peft } from "../adapters/peft.ts";
import type { Configs } from "./configs.ts";

export type EpPlan = Readonly<Record<string, string>>;

/** A style that older releases had. */
export interface RemovedStyle {
  readonly last_release: string;
  /** The style that took its place; null when the rule is no longer needed. */
  readonly instead: string | null;
  readonly advice: string;
}

/** What a release knows about one MoE `model_type`. */
export interface ReleaseFamily {
  /** Keys under which its config gives the number of experts, the stored one first. */
  readonly num_experts_names: readonly string[];
  /** Patterns below the base model, as config classes write them: `layers.*.mlp.experts`. */
  readonly epPlan: EpPlan;
  readonly tpPlan: EpPlan;
  /** Rules of the causal language model class itself: `lm_head`. */
  readonly classTpPlan: EpPlan;
  /** Where the base model hangs in the causal language model: "model". */
  readonly base_model_prefix: string;
  /** Whether the release has a causal language model class for it. */
  readonly causal_lm: boolean;
  /** What its attention can be computed with besides eager: sdpa, flash_attention, flex_attention. */
  readonly attention: readonly string[];
  /** The only forms of flash attention that compute what the model needs, sinks above all; undefined: any. */
  readonly flashImplementations: readonly string[] | undefined;
  /** What of the names in memory stays in float32 in a model of bfloat16, as Python searches for it: "gate.weight". */
  readonly keptInFloat32: readonly string[];
}

/** A release of flash attention, as `attn_implementation` names it. */
export interface FlashAttention {
  /** Least major compute capability of a GPU; null where the release asks for none. */
  readonly minimum_capability: number | null;
  /** The Hub's build of it, which transformers loads where the package is not installed. */
  readonly kernel: string;
}

/** What one release accepts: read from the release by `scripts/extract_release.py`. */
export interface ReleaseData extends Release {
  /** Registered parallel styles. */
  readonly styles: ReadonlySet<string>;
  readonly removedStyles: ReadonlyMap<string, RemovedStyle>;
  /** Styles that the release refuses in an expert plan by name. */
  readonly refusedInEpPlan: ReadonlySet<string>;
  readonly epImplementations: ReadonlyMap<string, { readonly needs_shared_batch: boolean }>;
  readonly flashAttention: ReadonlyMap<string, FlashAttention>;
  /** Kernels for attention on the Hub that the release knows for NVIDIA's GPUs. */
  readonly attentionKernels: readonly string[];
  /** The package that loads them, with the range that the release takes: "kernels>=0.18.2,<0.19". */
  readonly kernelsRequirement: string;
  /** Undefined for a model_type that is not a MoE of this release. */
  family(modelType: string): ReleaseFamily | undefined;
}

/** Along which dim a style cuts a parameter; `parts` of a packed dim are cut each by itself. */
export interface Cut {
  readonly dim: number;
  readonly parts: number;
}

/** What becomes of an expert plan's rule for a module or parameter that is not one of the experts. */
export type DenseEffect =
  | { readonly kind: "none" }
  /** Cuts a parameter that FSDP cuts over the same ranks. */
  | { readonly kind: "overlap" }
  | { readonly kind: "dispatch" }
  /** Fails in the first forward, or computes something else. `why` completes "STYLE on MODULE …". */
  | { readonly kind: "wrong"; readonly why: string };

/** What an expert plan's rule names. */
export interface DenseTarget {
  readonly isParameter: boolean;
  /** Whether the module owns parameters itself, not only through the modules inside it. */
  readonly hasParameters: boolean;
}

/** What kind of module a rule names, where that decides which styles it can take. */
export type Role = "embedding" | "linear" | "other";

export type Precision = Plan["precision"];

/** What the engine and the trainer are told for a combination of formats. */
export interface PrecisionSwitches {
  /** `dtype` of `from_pretrained`. */
  readonly dtype: "float32" | "bfloat16";
  readonly fsdp_mixed_precision: boolean;
}

/**
 * Whether the documents of a packed row see each other: `alone`, they do not; `masks`, not with the masks of
 * `planc_runtime/documents.py`; `leaks`, they do with either; `stops`, the family refuses such a row.
 */
export type Verdict = "alone" | "masks" | "leaks" | "stops";

/** Liger's norms and rotary positions. */
export interface Liger {
  /** The release of liger-kernel that bundles pin: it needs torch and triton alone. */
  readonly release: string;
  /** The families for which it has kernels that compute the same. The others run without. */
  readonly families: ReadonlySet<string>;
}

/** What one release does with what it accepts: read in its source, and held against it by tests. */
export interface ReleaseBehaviour {
  /** How a style cuts a parameter; undefined where it keeps it whole. */
  cutOf(style: string, parameter: Parameter): Cut | undefined;
  /** Of rules over ranks that hold different batches (`ep_size` is not `tp_size`), where FSDP always shards too. */
  denseEffect(style: string, target: DenseTarget): DenseEffect;
  /** Of rules over ranks that share a batch (`ep_size` equals `tp_size`), for modules outside attention and MLP. */
  sharedDenseEffect(style: string, role: Role, target: DenseTarget): DenseEffect;
  /** Undefined: the release has no such combination. */
  precisionSwitches(precision: Precision): PrecisionSwitches | undefined;
  /** Family → attention implementation → what becomes of packed documents: `scripts/judge_packing.ts` judges. */
  readonly documents: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly liger: Liger;
  /** What PEFT does with it. */
  readonly peft: Peft;
  /** What its config classes accept. */
  readonly configs: Configs;
}

/** A release of transformers, in a folder of its own that says what changed from the one before. */
export interface TransformersRelease extends ReleaseData, ReleaseBehaviour {}
