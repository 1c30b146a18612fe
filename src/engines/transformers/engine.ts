import type { Rule } from "../../check/rule.ts";
import type { MeshFacts, ModelFacts, PlanFacts } from "./facts.ts";
import { attention } from "./rules/attention.ts";
import { checkpointConversion } from "./rules/checkpoint-conversion.ts";
import { checkpointRevision } from "./rules/checkpoint-revision.ts";
import { dataEvaluation } from "./rules/data-evaluation.ts";
import { dataSplit } from "./rules/data-split.ts";
import { dataTokenizer } from "./rules/data-tokenizer.ts";
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
import { memoryStates } from "./rules/memory-states.ts";
import { allReduce } from "./rules/mesh-all-reduce.ts";
import { epDividesRanks } from "./rules/mesh-ep-divides-ranks.ts";
import { epMultipleOfTp } from "./rules/mesh-ep-multiple-of-tp.ts";
import { epNeedsPlan } from "./rules/mesh-ep-needs-plan.ts";
import { expertsDivisible } from "./rules/mesh-experts-divisible.ts";
import { localExperts } from "./rules/mesh-local-experts.ts";
import { pipeline } from "./rules/mesh-pipeline.ts";
import { meshProduct } from "./rules/mesh-product.ts";
import { packedDocuments } from "./rules/packed-documents.ts";
import { packedEvaluation } from "./rules/packed-evaluation.ts";
import { packedPositions } from "./rules/packed-positions.ts";
import { precisionCost } from "./rules/precision-cost.ts";
import { precisionExists } from "./rules/precision-exists.ts";
import { precisionExperts } from "./rules/precision-experts.ts";
import { shardsFilled } from "./rules/shards-filled.ts";
import { stackMinimums } from "./rules/stack-minimums.ts";
import { stackTransformers } from "./rules/stack-transformers.ts";
import { stackTrl } from "./rules/stack-trl.ts";
import { tiedEmbeddings } from "./rules/tied-embeddings.ts";
import { tiedTensorParallel } from "./rules/tied-tensor-parallel.ts";
import { tpBlocksAgree } from "./rules/tp-blocks-agree.ts";
import { trainerChatTemplate } from "./rules/trainer-chat-template.ts";
import { trainerDeprecated } from "./rules/trainer-deprecated.ts";
import { trainerLimits } from "./rules/trainer-limits.ts";
import { trainerMappings } from "./rules/trainer-mappings.ts";
import { trainerNoEffect } from "./rules/trainer-no-effect.ts";
import { trainerNothingSaved } from "./rules/trainer-nothing-saved.ts";
import { trainerOptimArgs } from "./rules/trainer-optim-args.ts";
import { trainerOptimizer } from "./rules/trainer-optimizer.ts";
import { trainerOwned } from "./rules/trainer-owned.ts";
import { trainerPairs } from "./rules/trainer-pairs.ts";
import { trainerReport } from "./rules/trainer-report.ts";
import { trainerRouterLoss } from "./rules/trainer-router-loss.ts";
import { trainerSaving } from "./rules/trainer-saving.ts";
import { trainerSharded } from "./rules/trainer-sharded.ts";
import { trainerTypes } from "./rules/trainer-types.ts";
import { trainerUnknown } from "./rules/trainer-unknown.ts";

/** Rules about the plan alone. */
export const planRules: readonly Rule<PlanFacts>[] = [
  stackTransformers,
  stackTrl,
  stackMinimums,
  checkpointRevision,
  dataTokenizer,
  dataSplit,
  precisionExists,
  precisionCost,
  trainerUnknown,
  trainerOwned,
  trainerTypes,
  trainerLimits,
  dataEvaluation,
  trainerSaving,
  trainerNothingSaved,
  trainerOptimizer,
  trainerOptimArgs,
  trainerSharded,
  trainerMappings,
  trainerChatTemplate,
  trainerPairs,
  packedEvaluation,
  trainerReport,
  trainerDeprecated,
  trainerNoEffect,
];

/** Rules about the plan against the model and the cluster. Of two errors at one place the first rule's is reported. */
export const modelRules: readonly Rule<ModelFacts>[] = [
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
  trainerRouterLoss,
  packedDocuments,
  packedPositions,
  attention,
];

/** Rules about what a rank holds. */
export const meshRules: readonly Rule<MeshFacts>[] = [
  shardsFilled,
  tiedEmbeddings,
  tiedTensorParallel,
  memoryStates,
  memoryAttention,
];
