import type { Rule } from "../../check/rule.ts";
import { checkpointRevision } from "../../check/rules/checkpoint-revision.ts";
import { memoryStates } from "../../check/rules/memory-states.ts";
import { dataTokenizer } from "../../check/rules/tokenizer-revision.ts";
import type { MeshFacts, ModelFacts, PlanFacts } from "../../stack/facts.ts";
import { trainerChatTemplate } from "../../trainers/trl/rules/chat-template.ts";
import { dataEvaluation } from "../../trainers/trl/rules/data-evaluation.ts";
import { dataSplit } from "../../trainers/trl/rules/data-split.ts";
import { trainerNothingSaved } from "../../trainers/trl/rules/nothing-saved.ts";
import { trainerOptimArgs } from "../../trainers/trl/rules/optim-args.ts";
import { trainerOptimizer } from "../../trainers/trl/rules/optimizer.ts";
import { trainerDeprecated } from "../../trainers/trl/rules/option-deprecated.ts";
import { trainerLimits } from "../../trainers/trl/rules/option-limits.ts";
import { trainerMappings } from "../../trainers/trl/rules/option-mappings.ts";
import { trainerNoEffect } from "../../trainers/trl/rules/option-no-effect.ts";
import { trainerOwned } from "../../trainers/trl/rules/option-owned.ts";
import { trainerPairs } from "../../trainers/trl/rules/option-pairs.ts";
import { trainerSharded } from "../../trainers/trl/rules/option-sharded.ts";
import { trainerTypes } from "../../trainers/trl/rules/option-types.ts";
import { trainerUnknown } from "../../trainers/trl/rules/option-unknown.ts";
import { packedEvaluation } from "../../trainers/trl/rules/packed-evaluation.ts";
import { trainerReport } from "../../trainers/trl/rules/report.ts";
import { trainerRouterLoss } from "../../trainers/trl/rules/router-loss.ts";
import { trainerSaving } from "../../trainers/trl/rules/saving.ts";
import { stackTrl } from "../../trainers/trl/rules/stack-trl.ts";
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
import { stackMinimums } from "./rules/stack-minimums.ts";
import { stackTransformers } from "./rules/stack-transformers.ts";
import { tiedEmbeddings } from "./rules/tied-embeddings.ts";
import { tiedTensorParallel } from "./rules/tied-tensor-parallel.ts";
import { tpBlocksAgree } from "./rules/tp-blocks-agree.ts";

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
