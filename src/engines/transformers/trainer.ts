import type { BatchOptions } from "../../estimate/batch.ts";
import type { Plan } from "../../plan/plan.ts";
import trl1160 from "./trainers/trl-1.16.0.json" with { type: "json" };

/** One option of the trainer's configuration class, as `scripts/extract_trainer.py` read it. */
export interface TrainerOption {
  readonly types: readonly string[];
  readonly default?: unknown;
  /** The class that defines it: SFTConfig itself or one that it inherits from. */
  readonly class: string;
  /** The values it may have, where they are listed. */
  readonly values?: readonly string[];
}

/** Every option of the trainer, by name. */
export const trainerOptions: ReadonlyMap<string, TrainerOption> = new Map<string, TrainerOption>(
  Object.entries(trl1160.options),
);

/** The value that the trainer will have: as written in the plan, or the trainer's own default. */
export function trainerValue(plan: Plan, name: string): unknown {
  const written = plan.sft[name];
  return written === undefined ? trainerOptions.get(name)?.default : written;
}

/** What estimates ask of the trainer. Values of a wrong type, which another check reports, count as the default. */
export function batchOptions(plan: Plan): BatchOptions & { readonly optim: string } {
  return {
    max_length: trainerValue(plan, "max_length") === null ? null : number(plan, "max_length"),
    per_device_train_batch_size: number(plan, "per_device_train_batch_size"),
    gradient_accumulation_steps: number(plan, "gradient_accumulation_steps"),
    packing: trainerValue(plan, "packing") === true,
    packing_strategy: String(trainerValue(plan, "packing_strategy")),
    optim: String(trainerValue(plan, "optim")),
  };
}

function number(plan: Plan, name: string): number {
  const value = trainerValue(plan, name);
  return typeof value === "number" ? value : Number(trainerOptions.get(name)?.default);
}
