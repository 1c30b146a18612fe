/**
 * The plan language, version 1. These types, with those of `types/`, a file for each section, are its definition: the
 * JSON Schema (`schema/plan.schema.json`) and the reference (`docs/plan-reference.md`) are generated from them, the tags
 * included. `@default` is what an omitted key means, `@example` what to write, `@value` what one of the legal words
 * means; limits are schema keywords (`@integer`, `@minimum`, `@maximum`, `@minLength`, `@maxLength`, `@pattern`) and, for
 * the keys of a free mapping, `@keys` (a pattern). Where a key may be left out without a default, the description says
 * what that means after "Omitted:".
 */
import type { ClusterSection } from "./types/cluster.ts";
import type { DataSection } from "./types/data.ts";
import type { LoraSection } from "./types/lora.ts";
import type { FilePath, ModelSection } from "./types/model.ts";
import type { ParallelismSection } from "./types/parallelism.ts";
import type { PrecisionSection, RecomputeName } from "./types/precision.ts";
import type { StackSection } from "./types/stack.ts";
import type { ConversionSection, ExportSection } from "./types/weights.ts";

export type * from "./types/cluster.ts";
export type * from "./types/data.ts";
export type * from "./types/lora.ts";
export type * from "./types/model.ts";
export type * from "./types/parallelism.ts";
export type * from "./types/precision.ts";
export type * from "./types/scheduler.ts";
export type * from "./types/schedulers/kubernetes.ts";
export type * from "./types/schedulers/local.ts";
export type * from "./types/schedulers/pod.ts";
export type * from "./types/schedulers/skypilot.ts";
export type * from "./types/schedulers/slurm.ts";
export type * from "./types/schedulers/trainjob.ts";
export type * from "./types/stack.ts";
export type * from "./types/weights.ts";

/** A parallelism plan: which model, on which cluster, sharded how, trained how. */
export interface PlanFile {
  /**
   * Where editors find this schema, when the modeline is not used. Omitted: the modeline says it; planc reads neither.
   * @example "../schema/plan.schema.json"
   */
  readonly $schema?: string;
  /**
   * Version of the plan language.
   * @example 1
   */
  readonly version: 1;
  /**
   * Name of the plan and of its bundle's folder: letters, digits, `.`, `_` and `-`.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$
   * @example "qwen3-ep8"
   */
  readonly name: string;
  /** The model: its config.json, its checkpoint and how that is stored. May be a path to a shared file. */
  readonly model: ModelSection | FilePath;
  /** The software that the bundle is written for. */
  readonly stack: StackSection;
  /** The machines that the job runs on. May be a path to a shared file. */
  readonly cluster: ClusterSection | FilePath;
  /** How the ranks share the model. May be a path to a shared file. */
  readonly parallelism: ParallelismSection | FilePath;
  /** The number formats that training uses. */
  readonly precision?: PrecisionSection;
  /**
   * What of a layer is computed a second time in the backward pass instead of being kept. Omitted: the least work with which the
   * peak of a step leaves room on the GPU; `full` where that is not known.
   * @example "full"
   */
  readonly recompute?: RecomputeName;
  /** The dataset. */
  readonly data: DataSection;
  /**
   * Supervised fine-tuning: the trainer's own options, by the trainer's own names.
   * @default {}
   */
  readonly sft?: SftOptions;
  /**
   * Preference training in place of `sft`: the options of the trainer for that, by its own names. Omitted: the plan has no
   * pairs to prefer one answer of.
   */
  readonly dpo?: DpoOptions;
  /** Trains adapters (LoRA) in place of the whole model. Omitted: the whole model is trained. */
  readonly lora?: LoraSection;
  /** Asks for a conversion of the checkpoint to another layout. Omitted: only where the job needs one. */
  readonly conversion?: ConversionSection;
  /** How `python -m planc_runtime.export` stores the trained model. Omitted: as the family is published, in 5 GB files. */
  readonly export?: ExportSection;
}

/**
 * The trainer's own options, by the trainer's own names and types, checked against the release in `stack.versions`.
 * @example { "max_length": 4096, "learning_rate": 2.0e-5 }
 */
export type SftOptions = Readonly<Record<string, unknown>>;

/**
 * The trainer's own options of direct preference optimisation, checked as those of `sft` are.
 * @example { "max_length": 2048, "beta": 0.1, "learning_rate": 1.0e-6 }
 */
export type DpoOptions = Readonly<Record<string, unknown>>;
