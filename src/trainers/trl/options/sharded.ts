/**
 * Options whose values fail, or do something other than they say, on a model that is sharded while it is loaded. Each
 * was run over fsdp 2 x ep 2 against one process, or read in the trainer's source.
 */
export interface Unfit {
  readonly option: string;
  readonly values: readonly unknown[];
  readonly why: string;
  readonly help: string;
}

export const unfit: readonly Unfit[] = [
  {
    option: "auto_find_batch_size",
    values: [true],
    why: "a rank that runs out of memory starts over alone while the others wait for it",
    help: "set per_device_train_batch_size",
  },
  {
    option: "debug",
    values: ["underflow_overflow", "tpu_metrics_debug"],
    why: "its hooks stop on distributed tensors",
    help: "drop debug",
  },
  {
    option: "enable_jit_checkpoint",
    values: [true],
    why: "it writes optimizer states by the trainer's own means, which cannot do so for a sharded model",
    help: "drop enable_jit_checkpoint: train.py saves by itself when it gets SIGTERM or SIGUSR1",
  },
  {
    option: "push_to_hub",
    values: [true],
    why: "the trainer makes the repository on the Hub before it trains, and a job that cannot do so ends there",
    help: "upload the saved model afterwards: hf upload <id> <output_dir>",
  },
  {
    option: "use_liger_kernel",
    values: [true],
    why: "it is deprecated, and exchanges parts of a model that is sharded by then; train.py uses Liger's norms and rotary positions by itself where they fit the family",
    help: "drop use_liger_kernel",
  },
];
