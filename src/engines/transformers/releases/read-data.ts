import type { EpPlan, FlashAttention, ReleaseData, RemovedStyle } from "./release.ts";

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
  readonly kept_in_float32?: readonly string[];
}

/** What `scripts/extract_release.py` writes. */
interface DataFile {
  readonly transformers: string;
  readonly minimum_torch: { readonly fsdp: string };
  readonly parallel_styles: readonly string[];
  readonly removed_styles: Readonly<Record<string, RemovedStyle>>;
  readonly refused_in_ep_plan: readonly string[];
  readonly ep_implementations: Readonly<Record<string, { readonly needs_shared_batch: boolean }>>;
  readonly default_class_tp_plan: EpPlan;
  readonly attention: {
    readonly kinds: readonly string[];
    readonly flash_attention: Readonly<Record<string, FlashAttention>>;
    readonly kernels: readonly string[];
    readonly kernels_requirement: string;
  };
  readonly ep_plans: object;
  readonly tp_plans: object;
  readonly moe_model_types: object;
  readonly moe_text_config_of: object;
  readonly dense_model_types: readonly string[];
  readonly other_model_types: readonly string[];
}

/** Reads a release's data file. */
export function readData(data: DataFile): ReleaseData {
  const minor = data.transformers.split(".").slice(0, 2).join(".");
  const epPlans: Readonly<Record<string, EpPlan>> = { ...data.ep_plans };
  const tpPlans: Readonly<Record<string, EpPlan>> = { ...data.tp_plans };
  const rows: Readonly<Record<string, FamilyRow>> = { ...data.moe_model_types };
  return {
    version: data.transformers,
    styles: new Set(data.parallel_styles),
    removedStyles: new Map<string, RemovedStyle>(Object.entries(data.removed_styles)),
    refusedInEpPlan: new Set(data.refused_in_ep_plan),
    epImplementations: new Map(Object.entries(data.ep_implementations)),
    flashAttention: new Map<string, FlashAttention>(Object.entries(data.attention.flash_attention)),
    attentionKernels: data.attention.kernels,
    kernelsRequirement: data.attention.kernels_requirement,
    minimums: [
      {
        package: "torch",
        version: data.minimum_torch.fsdp,
        why: `transformers ${minor} shards with FSDP2 from torch ${data.minimum_torch.fsdp}`,
      },
    ],
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
        keptInFloat32: row.kept_in_float32 ?? [],
      };
    },
    moeModelTypes: Object.keys(rows),
    denseModelTypes: new Set(data.dense_model_types),
    otherModelTypes: new Set(data.other_model_types),
    textConfigOf: new Map(Object.entries(data.moe_text_config_of)),
  };
}
