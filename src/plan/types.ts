/**
 * The plan language, version 1. These types are its definition: the JSON Schema (`schema/plan.schema.json`) and the
 * reference (`docs/plan-reference.md`) are generated from them, the tags included. `@default` is what an omitted key
 * means, `@example` what to write, `@value` what one of the legal words means; limits are schema keywords (`@integer`,
 * `@minimum`, `@maximum`, `@minLength`, `@maxLength`, `@pattern`) and, for the keys of a free mapping, `@keys` (a
 * pattern). Where a key may be left out without a default, the description says what that means after "Omitted:".
 */

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
   * What of a layer is computed a second time in the backward pass instead of being kept.
   * @default "full"
   * @example "full"
   */
  readonly recompute?: RecomputeName;
  /** The dataset. */
  readonly data: DataSection;
  /**
   * The trainer's own options, by the trainer's own names.
   * @default {}
   */
  readonly sft?: SftOptions;
  /** Asks for a conversion of the checkpoint to another layout. Omitted: only where the job needs one. */
  readonly conversion?: ConversionSection;
  /** How `python -m planc_runtime.export` stores the trained model. Omitted: as the family is published, in 5 GB files. */
  readonly export?: ExportSection;
}

/**
 * A path to another file, relative to the file that names it.
 * @minLength 1
 * @maxLength 4096
 */
export type FilePath = string;

/**
 * How a checkpoint stores its experts: E experts, I expert width, H hidden size.
 * @value per_expert one matrix per expert, `[I, H] [I, H] [H, I]`
 * @value fused three stacks, `[E, I, H] [E, I, H] [E, H, I]`
 * @value gate_up two stacks, `[E, 2I, H] [E, H, I]`, gate rows first
 * @value gate_up_transposed two stacks, `[E, H, 2I] [E, I, H]`
 * @value gate_up_interleaved the same with alternating gate and up columns (gpt_oss in bfloat16)
 * @value mxfp4 gpt_oss as published: 4-bit blocks and scales
 */
export type LayoutName = "per_expert" | "fused" | "gate_up" | "gate_up_transposed" | "gate_up_interleaved" | "mxfp4";

/** The model: its config.json, its checkpoint and how that is stored. */
export interface ModelSection {
  /**
   * The model's config.json, or a checkpoint folder that has one; relative to this file.
   * @example "models/qwen3-30b-a3b/config.json"
   */
  readonly config: FilePath;
  /**
   * What the job loads: a folder on the cluster or a Hub id.
   * @minLength 1
   * @maxLength 4096
   * @example "Qwen/Qwen3-30B-A3B"
   */
  readonly checkpoint: string;
  /**
   * The commit of a Hub checkpoint, so that the job loads the same bytes next month. Omitted: whatever its
   * main branch holds on that day.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$
   * @example "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
   */
  readonly revision?: string;
  /**
   * How the checkpoint stores its experts. Omitted: as the family is published.
   * @example "per_expert"
   */
  readonly layout?: LayoutName;
  /**
   * The tokenizer, where it is not the checkpoint's own: a folder on the cluster or a Hub id. Omitted: the checkpoint's.
   * @minLength 1
   * @maxLength 4096
   * @example "tokenizers/with-chat-template"
   */
  readonly tokenizer?: string;
  /**
   * The commit of a tokenizer on the Hub. Omitted: whatever its main branch holds on that day.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$
   * @example "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
   */
  readonly tokenizer_revision?: string;
  /**
   * What computes attention: `eager`, `sdpa`, `flash_attention_2`, `flash_attention_3`, `flash_attention_4`,
   * `flex_attention`, or a kernel on the Hub. Omitted: sdpa where the family has it, else eager.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._-]+)?(:[A-Za-z0-9._-]+)?)?$
   * @maxLength 256
   * @example "flash_attention_2"
   */
  readonly attn_implementation?: string;
}

/** The software that the bundle is written for. */
export interface StackSection {
  /**
   * Who shards and runs the model.
   * @example "transformers"
   */
  readonly engine: "transformers";
  /**
   * Who runs the training loop.
   * @example "trl"
   */
  readonly trainer: "trl";
  /** The releases that the job runs on, pinned. */
  readonly versions: VersionsSection;
}

/** The releases that the job runs on. */
export interface VersionsSection {
  /**
   * Release of transformers.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "5.23.0"
   */
  readonly transformers: string;
  /**
   * Release of TRL.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "1.16.0"
   */
  readonly trl: string;
  /**
   * Release of accelerate.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "1.15.0"
   */
  readonly accelerate: string;
  /**
   * Release of PyTorch.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "2.15.0"
   */
  readonly torch: string;
}

/** The machines that the job runs on. */
export interface ClusterSection {
  /**
   * The GPU type, `<model>-<form>-<memory>`, or its figures.
   * @example "h100-sxm-80gb"
   */
  readonly gpu: string | GpuSection;
  /**
   * Number of machines.
   * @integer
   * @minimum 1
   * @maximum 65536
   * @example 1
   */
  readonly nodes: number;
  /**
   * GPUs of one machine.
   * @integer
   * @minimum 1
   * @maximum 1024
   * @example 8
   */
  readonly gpus_per_node: number;
  /**
   * Who starts the job.
   * @default { "kind": "local" }
   */
  readonly scheduler?: SchedulerSection;
  /**
   * A script to source before the job, such as a virtual environment's `activate`; a path on the cluster. Omitted: none.
   * @minLength 1
   * @maxLength 4096
   * @example "/opt/venv/bin/activate"
   */
  readonly activate?: string;
  /**
   * Environment variables of the job. Numbers other than whole ones go in quotes, so that they arrive as written.
   * @integer
   * @keys ^[A-Za-z_][A-Za-z0-9_]*$
   * @default {}
   * @example { "NCCL_DEBUG": "WARN" }
   */
  readonly env?: Readonly<Record<string, string | number>>;
}

/** The figures of a GPU that planc has no record of. */
export interface GpuSection {
  /**
   * A name for messages and for the preflight's comparison.
   * @minLength 1
   * @maxLength 64
   * @example "h20-sxm-96gb"
   */
  readonly name: string;
  /**
   * Memory of one GPU in GB (10^9 bytes), as the vendor gives it.
   * @minimum 1
   * @maximum 4096
   * @example 96
   */
  readonly memory_gb: number;
}

/** Who starts the job. */
export interface SchedulerSection {
  /**
   * How the job is started.
   * @value local `launch.sh` starts torchrun on this machine
   * @example "local"
   */
  readonly kind: "local";
}

/** How the ranks share the model: `pp_size * dp_replicate_size * fsdp_size * tp_size` ranks in all. */
export interface ParallelismSection {
  /**
   * Number of ranks that own distinct experts. 1: no expert parallelism.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 8
   */
  readonly ep_size?: number;
  /**
   * Number of ranks that shard the parameters and each take their own batch. Omitted: what the cluster's GPUs leave.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @example 8
   */
  readonly fsdp_size?: number;
  /**
   * Number of ranks that split the dense layers of one batch.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly tp_size?: number;
  /**
   * Number of replicas of the sharded model (HSDP).
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly dp_replicate_size?: number;
  /**
   * Number of pipeline stages.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly pp_size?: number;
  /**
   * `default`, or rules, `pattern: style`, merged over the release's default for the family.
   * @default "default"
   * @example "default"
   * @example { "layers.*.mlp.experts": "ep_dispatch_experts" }
   */
  readonly base_model_ep_plan?: "default" | Readonly<Record<string, string>>;
  /**
   * How tokens reach the experts.
   * @value planc each token is sent once to each rank that has one of its experts, and comes back summed (the bundle's own)
   * @value all_to_all the engine's: each token is sent once for each of its experts
   * @value all_reduce the engine's: each rank runs its experts on the batch that the whole group shares; outputs are summed
   * @value auto the engine's choice: all_to_all in training
   * @default "planc"
   * @example "planc"
   */
  readonly ep_implementation?: EpImplementation;
}

/** How tokens reach the experts. */
export type EpImplementation = "planc" | "all_to_all" | "all_reduce" | "auto";

/**
 * What of a layer is computed a second time in the backward pass instead of being kept.
 * @value full the whole layer: least memory, a third more work
 * @value attention attention only: what the experts computed and what was exchanged for them is kept
 * @value experts the experts' matrix products only: what was exchanged for them is kept, and attention
 * @value none nothing: most memory
 */
export type RecomputeName = "full" | "attention" | "experts" | "none";

/**
 * A number format.
 * @value float32 4 bytes
 * @value bfloat16 2 bytes, with the range of float32 and 8 bits of precision
 */
export type FloatName = "float32" | "bfloat16";

/** The number formats that training uses. */
export interface PrecisionSection {
  /**
   * What the optimizer updates.
   * @default "float32"
   * @example "float32"
   */
  readonly parameters?: FloatName;
  /**
   * What matrix products are computed in.
   * @default "bfloat16"
   * @example "bfloat16"
   */
  readonly compute?: FloatName;
  /**
   * What gradients are summed in across ranks.
   * @default "float32"
   * @example "float32"
   */
  readonly reduce?: FloatName;
}

/** The dataset. */
export interface DataSection {
  /**
   * A Hub id, or a file or folder on the cluster.
   * @minLength 1
   * @maxLength 4096
   * @example "THUDM/LongAlign-10k"
   */
  readonly path: string;
  /**
   * The dataset's configuration, where it has several. Omitted: its default one.
   * @minLength 1
   * @maxLength 256
   * @example "default"
   */
  readonly name?: string;
  /**
   * The split to train on, a slice of one, or several that are added up.
   * @minLength 1
   * @maxLength 256
   * @default "train"
   * @example "train"
   * @example "train[:1000]"
   * @example "train[10%:20%]+test"
   */
  readonly split?: string;
  /**
   * The rows that evaluations during training look at: a Hub id, or a file or folder on the cluster. Omitted: `path`,
   * where there is an `eval_split`; else nothing is evaluated.
   * @minLength 1
   * @maxLength 4096
   * @example "data/held-out.jsonl"
   */
  readonly eval_path?: string;
  /**
   * The split of them. Omitted: `train`, where there is an `eval_path`.
   * @minLength 1
   * @maxLength 256
   * @example "test"
   * @example "train[-500:]"
   */
  readonly eval_split?: string;
}

/**
 * The trainer's own options, by the trainer's own names and types, checked against the release in `stack.versions`.
 * @example { "max_length": 4096, "learning_rate": 2.0e-5 }
 */
export type SftOptions = Readonly<Record<string, unknown>>;

/** A conversion of the checkpoint to another layout. */
export interface ConversionSection {
  /**
   * The layout to convert to.
   * @example "fused"
   */
  readonly to: LayoutName;
  /**
   * Largest size of one file of the converted checkpoint.
   * @pattern ^[1-9][0-9]{0,5}(\.[0-9]{1,3})?(KB|MB|GB|TB)$
   * @default "5GB"
   * @example "5GB"
   */
  readonly max_shard_size?: string;
}

/** How `python -m planc_runtime.export` stores the trained model. */
export interface ExportSection {
  /**
   * The layout of the experts. Omitted: as the family is published; gpt_oss, which is published in 4 bits, as
   * transformers holds it, `gate_up_interleaved`.
   * @example "per_expert"
   */
  readonly layout?: LayoutName;
  /**
   * The number format of the weights. Omitted: the one that the config.json names.
   * @example "bfloat16"
   */
  readonly dtype?: FloatName;
  /**
   * Largest size of one file.
   * @pattern ^[1-9][0-9]{0,5}(\.[0-9]{1,3})?(KB|MB|GB|TB)$
   * @default "5GB"
   * @example "5GB"
   */
  readonly max_shard_size?: string;
}
