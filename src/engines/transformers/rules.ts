import type { Rules } from "../../stack/rules.ts";
import type { TransformersRelease } from "./releases/release.ts";
import { attention } from "./rules/attention.ts";
import { checkpointConversion } from "./rules/checkpoint-conversion.ts";
import { epDenseRules } from "./rules/ep-dense-rules.ts";
import { epExpertParameters } from "./rules/ep-expert-parameters.ts";
import { epExpertsModule } from "./rules/ep-experts-module.ts";
import { epRuleNames } from "./rules/ep-rule-names.ts";
import { epRuleStyles } from "./rules/ep-rule-styles.ts";
import { epRulesUnused } from "./rules/ep-rules-unused.ts";
import { expertsAligned } from "./rules/experts-aligned.ts";
import { exportLayout } from "./rules/export-layout.ts";
import { headsShared } from "./rules/heads-shared.ts";
import { headsUnsharded } from "./rules/heads-unsharded.ts";
import { memoryAttention } from "./rules/memory-attention.ts";
import { allReduce } from "./rules/mesh-all-reduce.ts";
import { epDividesRanks } from "./rules/mesh-ep-divides-ranks.ts";
import { epMultipleOfTp } from "./rules/mesh-ep-multiple-of-tp.ts";
import { epNeedsPlan } from "./rules/mesh-ep-needs-plan.ts";
import { expertsDivisible } from "./rules/mesh-experts-divisible.ts";
import { localExperts } from "./rules/mesh-local-experts.ts";
import { pipeline } from "./rules/mesh-pipeline.ts";
import { meshProduct } from "./rules/mesh-product.ts";
import { packedDocuments } from "./rules/packed-documents.ts";
import { packedPositions } from "./rules/packed-positions.ts";
import { precisionCost } from "./rules/precision-cost.ts";
import { precisionExists } from "./rules/precision-exists.ts";
import { precisionExperts } from "./rules/precision-experts.ts";
import { shardsFilled } from "./rules/shards-filled.ts";
import { stackTransformers } from "./rules/stack-transformers.ts";
import { tiedEmbeddings } from "./rules/tied-embeddings.ts";
import { tiedTensorParallel } from "./rules/tied-tensor-parallel.ts";
import { tpBlocksAgree } from "./rules/tp-blocks-agree.ts";

/** Of two errors at one place the first rule's is reported. */
export const rules: Rules<TransformersRelease> = {
  plan: [stackTransformers, precisionExists, precisionCost],
  model: [
    checkpointConversion,
    exportLayout,
    meshProduct,
    pipeline,
    epNeedsPlan,
    epMultipleOfTp,
    epDividesRanks,
    expertsDivisible,
    localExperts,
    allReduce,
    epRuleNames,
    epRuleStyles,
    epExpertsModule,
    epExpertParameters,
    epDenseRules,
    headsShared,
    tpBlocksAgree,
    expertsAligned,
    headsUnsharded,
    epRulesUnused,
    precisionExperts,
    packedDocuments,
    packedPositions,
    attention,
  ],
  mesh: [shardsFilled, tiedEmbeddings, tiedTensorParallel, memoryAttention],
};
