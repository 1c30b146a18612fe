/** One option of the trainer's configuration class, as `scripts/extract_trainer.py` read it. */
export interface TrainerOption {
  /** int, float, bool, str, list, dict, object, true, false; `none` where null may be written. */
  readonly types: readonly string[];
  /** Type of a list's items. */
  readonly items?: string;
  readonly default?: unknown;
  /** The class that defines it: the task's own or one that it inherits from. */
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
