import type { Rule } from "../../check/rule.ts";
import type { MeshFacts, ModelFacts, PlanFacts } from "./facts.ts";
import { memoryStates } from "./rules/memory-states.ts";
import { allReduce } from "./rules/mesh-all-reduce.ts";
import { epDividesRanks } from "./rules/mesh-ep-divides-ranks.ts";
import { epMultipleOfTp } from "./rules/mesh-ep-multiple-of-tp.ts";
import { epNeedsPlan } from "./rules/mesh-ep-needs-plan.ts";
import { expertsDivisible } from "./rules/mesh-experts-divisible.ts";
import { localExperts } from "./rules/mesh-local-experts.ts";
import { pipeline } from "./rules/mesh-pipeline.ts";
import { meshProduct } from "./rules/mesh-product.ts";

/** Rules about the plan alone. */
export const planRules: readonly Rule<PlanFacts>[] = [];

/** Rules about the plan against the model and the cluster. Of two errors at one place the first rule's is reported. */
export const modelRules: readonly Rule<ModelFacts>[] = [
  meshProduct,
  pipeline,
  epNeedsPlan,
  epMultipleOfTp,
  epDividesRanks,
  expertsDivisible,
  localExperts,
  allReduce,
];

/** Rules about what a rank holds. */
export const meshRules: readonly Rule<MeshFacts>[] = [memoryStates];
