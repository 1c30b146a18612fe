import type { TransformersRelease } from "../../engines/transformers/releases/release.ts";
import type * as stack from "../../stack/facts.ts";
import type { TrlTask } from "./tasks/task.ts";

/** The facts of each stage where the trainer is TRL, which trains what transformers runs. */
export type PlanFacts = stack.PlanFacts<TransformersRelease, TrlTask>;
export type ModelFacts = stack.ModelFacts<TransformersRelease, TrlTask>;
export type MeshFacts = stack.MeshFacts<TransformersRelease, TrlTask>;
/** What it takes to read an option. */
export type OptionFacts = Pick<PlanFacts, "plan" | "task">;
