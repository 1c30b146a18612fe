import type { TransformersRelease } from "../../engines/transformers/releases/release.ts";
import type * as stack from "../../stack/facts.ts";
import type { Task } from "../../stack/trainer.ts";
import type { Idle } from "./options/idle.ts";
import type { Schedule, TrainerOption } from "./options/option.ts";
import type { Pair } from "./options/pairs.ts";
import type { Unfit } from "./options/sharded.ts";

/** The facts of each stage where the trainer is TRL, which trains what transformers runs. */
export type PlanFacts = stack.PlanFacts<TransformersRelease, TrlTask>;
export type ModelFacts = stack.ModelFacts<TransformersRelease, TrlTask>;
export type MeshFacts = stack.MeshFacts<TransformersRelease, TrlTask>;
/** What it takes to read an option. */
export type OptionFacts = Pick<PlanFacts, "plan" | "task">;

/** A task of a release of TRL, with what its configuration class was read to have. */
export interface TrlTask extends Task {
  /** Every option, by name. */
  readonly options: ReadonlyMap<string, TrainerOption>;
  /** Options that a class of another task has → that class. */
  readonly others: ReadonlyMap<string, string>;
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Model types whose auxiliary loss the trainer can compute → the coefficient where nobody writes one. */
  readonly routerLoss: ReadonlyMap<string, number>;
  /** Those whose auxiliary loss it asks for and cannot compute, where nobody writes 0 → the coefficient. */
  readonly routerLossStops: ReadonlyMap<string, number>;
  /** Options whose values fail on a model that is sharded while it is loaded. */
  readonly unfit: readonly Unfit[];
  /** Options that nothing reads while another one is what it is. */
  readonly idle: readonly Idle[];
  /** Options that contradict each other. */
  readonly pairs: readonly Pair[];
}
