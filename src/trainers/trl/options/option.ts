import type { BatchOptions } from "../../../estimate/batch.ts";
import type { Plan } from "../../../plan/plan.ts";
import trl1160 from "../releases/1.16/sft.json" with { type: "json" };
import { plancDefaults } from "./defaults.ts";
import { statesOf } from "./optim-args.ts";

/** One option of the trainer's configuration class, as `scripts/extract_trainer.py` read it. */
export interface TrainerOption {
  /** int, float, bool, str, list, dict, object, true, false; `none` where null may be written. */
  readonly types: readonly string[];
  /** Type of a list's items. */
  readonly items?: string;
  readonly default?: unknown;
  /** The class that defines it: SFTConfig itself or one that it inherits from. */
  readonly class?: string;
  /** The words it may have, where they are listed. */
  readonly values?: readonly string[];
  readonly deprecated?: boolean;
  /** What takes the place of a deprecated option. */
  readonly instead?: string;
  /** Deprecated word → what takes its place. */
  readonly deprecated_values?: Readonly<Record<string, string>>;
  /** The keys of an option that is a mapping, where they are listed. */
  readonly keys?: Readonly<Record<string, TrainerOption>>;
}

/** A learning rate schedule: the keys of `lr_scheduler_kwargs` that it takes and the ones it must have. */
export interface Schedule {
  readonly keys: readonly string[];
  readonly required: readonly string[];
}

/** The release of the trainer that all of this is about. */
export const trainerRelease: string = trl1160.version;

/** Every option of the trainer, by name. */
export const trainerOptions: ReadonlyMap<string, TrainerOption> = new Map<string, TrainerOption>(
  Object.entries(trl1160.options),
);

export const schedules: ReadonlyMap<string, Schedule> = new Map<string, Schedule>(Object.entries(trl1160.schedulers));

/** Model types whose auxiliary loss the trainer can compute → the coefficient where nobody writes one. */
export const routerLossCoefficients: ReadonlyMap<string, number> = new Map<string, number>(
  Object.entries(trl1160.router_loss),
);

/** The value that the trainer will have: as written in the plan, else planc's default, else the trainer's own. */
export function trainerValue(plan: Plan, name: string): unknown {
  const written = Object.hasOwn(plan.sft, name) ? plan.sft[name] : undefined;
  if (written !== undefined) return written;
  return plancDefaults(plan)[name]?.value ?? trainerOptions.get(name)?.default;
}

/** What estimates ask of the trainer. Values of a wrong type, which another check reports, count as the default. */
export function batchOptions(plan: Plan): BatchOptions & { readonly optimizerStates: number } {
  return {
    max_length: trainerValue(plan, "max_length") === null ? null : number(plan, "max_length"),
    per_device_train_batch_size: number(plan, "per_device_train_batch_size"),
    gradient_accumulation_steps: number(plan, "gradient_accumulation_steps"),
    packing: trainerValue(plan, "packing") === true,
    packing_strategy: String(trainerValue(plan, "packing_strategy")),
    optimizerStates: statesOf(String(trainerValue(plan, "optim")), trainerValue(plan, "optim_args")),
  };
}

function number(plan: Plan, name: string): number {
  const value = trainerValue(plan, name);
  return typeof value === "number" ? value : Number(trainerOptions.get(name)?.default);
}
