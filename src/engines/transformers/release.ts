import release523 from "./releases/5.23.0.json" with { type: "json" };

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
}

/** A release of flash attention, as `attn_implementation` names it. */
export interface FlashAttention {
  /** Least major compute capability of a GPU; null where the release asks for none. */
  readonly minimum_capability: number | null;
  /** The Hub's build of it, which transformers loads where the package is not installed. */
  readonly kernel: string;
}

/** What one release of transformers accepts: read from the release by `scripts/extract_release.py`. */
export interface Release {
  readonly version: string;
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
  readonly minimumTorch: Readonly<Record<"package" | "fsdp" | "ep_dispatch_experts", string>>;
  /** Undefined for a model_type that is not a MoE of this release. */
  family(modelType: string): ReleaseFamily | undefined;
  readonly moeModelTypes: readonly string[];
  readonly denseModelTypes: ReadonlySet<string>;
  /** Every other `model_type` of the release: encoders, vision, audio, models of several parts. */
  readonly otherModelTypes: ReadonlySet<string>;
  /** `model_type` of a config whose `text_config` is a MoE → the text model's own `model_type`. */
  readonly textConfigOf: ReadonlyMap<string, string>;
}

/** A family as the data file holds it: plans by name, and only what differs from the rule. */
interface FamilyRow {
  readonly num_experts_names: readonly string[];
  readonly ep_plan?: string;
  readonly tp_plan?: string;
  readonly class_tp_plan?: EpPlan;
  readonly base_model_prefix?: string;
  readonly causal_lm?: boolean;
  readonly attention?: readonly string[];
  readonly flash_implementations?: readonly string[];
}

type Data = typeof release523;

function read(data: Data): Release {
  const epPlans: Readonly<Record<string, EpPlan>> = data.ep_plans;
  const tpPlans: Readonly<Record<string, EpPlan>> = data.tp_plans;
  const rows: Readonly<Record<string, FamilyRow>> = data.moe_model_types;
  return {
    version: data.transformers,
    styles: new Set(data.parallel_styles),
    removedStyles: new Map<string, RemovedStyle>(Object.entries(data.removed_styles)),
    refusedInEpPlan: new Set(data.refused_in_ep_plan),
    epImplementations: new Map(Object.entries(data.ep_implementations)),
    flashAttention: new Map<string, FlashAttention>(Object.entries(data.attention.flash_attention)),
    attentionKernels: data.attention.kernels,
    kernelsRequirement: data.attention.kernels_requirement,
    minimumTorch: data.minimum_torch,
    family: (modelType) => {
      const row = Object.hasOwn(rows, modelType) ? rows[modelType] : undefined;
      if (row === undefined) return undefined;
      return {
        num_experts_names: row.num_experts_names,
        epPlan: epPlans[row.ep_plan ?? ""] ?? {},
        tpPlan: tpPlans[row.tp_plan ?? ""] ?? {},
        classTpPlan: row.class_tp_plan ?? data.default_class_tp_plan,
        base_model_prefix: row.base_model_prefix ?? "model",
        causal_lm: row.causal_lm ?? true,
        attention: row.attention ?? data.attention.kinds,
        flashImplementations: row.flash_implementations,
      };
    },
    moeModelTypes: Object.keys(rows),
    denseModelTypes: new Set(data.dense_model_types),
    otherModelTypes: new Set(data.other_model_types),
    textConfigOf: new Map(Object.entries(data.moe_text_config_of)),
  };
}

const releases: ReadonlyMap<string, Release> = new Map([[release523.transformers, read(release523)]]);

/** Releases that planc has read, ascending. */
export const knownReleases: readonly string[] = [...releases.keys()];

/** The release of that version; undefined when planc has not read it. */
export function findRelease(version: string): Release | undefined {
  return releases.get(version);
}

/**
 * The release that rules run against: the named one, or the newest known when it is another (the rule about versions
 * has refused that plan by then; the other rules still say what else is wrong).
 */
export function releaseOf(version: string): Release {
  const release = findRelease(version) ?? findRelease(knownReleases.at(-1) ?? "");
  if (release === undefined) throw new Error("no release data");
  return release;
}
