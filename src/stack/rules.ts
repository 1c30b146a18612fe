import type { Rule } from "../diagnostics/rule.ts";
import type { Release } from "./engine.ts";
import type { MeshFacts, ModelFacts, PlanFacts } from "./facts.ts";
import type { Task } from "./trainer.ts";

/** Rules by the facts that they look at. Of two errors at one place the first rule's is reported. */
export interface Rules<R extends Release = Release, T extends Task = Task> {
  /** About the plan alone. */
  readonly plan: readonly Rule<PlanFacts<R, T>>[];
  /** About the plan against the model and the cluster. */
  readonly model: readonly Rule<ModelFacts<R, T>>[];
  /** About what a rank holds. */
  readonly mesh: readonly Rule<MeshFacts<R, T>>[];
}
