import type { Task } from "../../../stack/trainer.ts";
import type { Schedule, TrainerOption } from "../options/option.ts";

/** A task of a release of TRL, with what its configuration class was read to have. */
export interface TrlTask extends Task {
  /** Every option, by name. */
  readonly options: ReadonlyMap<string, TrainerOption>;
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Model types whose auxiliary loss the trainer can compute → the coefficient where nobody writes one. */
  readonly routerLoss: ReadonlyMap<string, number>;
}
