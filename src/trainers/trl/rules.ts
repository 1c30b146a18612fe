import type { TransformersRelease } from "../../engines/transformers/releases/release.ts";
import type { Rules } from "../../stack/rules.ts";
import { trainerChatTemplate } from "./rules/chat-template.ts";
import { dataEvaluation } from "./rules/data-evaluation.ts";
import { dataSplit } from "./rules/data-split.ts";
import { trainerNothingSaved } from "./rules/nothing-saved.ts";
import { trainerOptimArgs } from "./rules/optim-args.ts";
import { trainerOptimizer } from "./rules/optimizer.ts";
import { trainerDeprecated } from "./rules/option-deprecated.ts";
import { trainerLimits } from "./rules/option-limits.ts";
import { trainerMappings } from "./rules/option-mappings.ts";
import { trainerNoEffect } from "./rules/option-no-effect.ts";
import { trainerOwned } from "./rules/option-owned.ts";
import { trainerPairs } from "./rules/option-pairs.ts";
import { trainerSharded } from "./rules/option-sharded.ts";
import { trainerTypes } from "./rules/option-types.ts";
import { trainerUnknown } from "./rules/option-unknown.ts";
import { packedEvaluation } from "./rules/packed-evaluation.ts";
import { trainerReport } from "./rules/report.ts";
import { trainerRouterLoss } from "./rules/router-loss.ts";
import { trainerSaving } from "./rules/saving.ts";
import { stackTrl } from "./rules/stack-trl.ts";
import type { TrlTask } from "./tasks/task.ts";

/** Of two errors at one place the first rule's is reported. */
export const rules: Rules<TransformersRelease, TrlTask> = {
  plan: [
    stackTrl,
    dataSplit,
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
  ],
  model: [trainerRouterLoss],
  mesh: [],
};
