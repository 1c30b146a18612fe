/**
 * Options of the trainer that fail, or do something other than they say, on a model that is sharded while it is loaded. Each
 * was run over fsdp 2 x ep 2 against one process, or read in the trainer's source.
 */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { ReportedIssue } from "../../../stack/issue.ts";

export const autoFindBatchSize: ReportedIssue = {
  id: "auto-find-batch-size",
  package: "transformers",
  effect: "hang",
  severity: "refuse",
  symptom: "a rank that runs out of memory starts over alone while the others wait for it",
  where: "auto_find_batch_size is on",
  workaround: "set per_device_train_batch_size",
  rule: "option-sharded",
};

export const debugHooks: ReportedIssue = {
  id: "debug-hooks",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom: "its hooks stop on distributed tensors",
  where: "debug is underflow_overflow or tpu_metrics_debug",
  workaround: "drop debug",
  rule: "option-sharded",
};

export const jitCheckpoint: ReportedIssue = {
  id: "jit-checkpoint",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom: "it writes optimizer states by the trainer's own means, which cannot do so for a sharded model",
  where: "enable_jit_checkpoint is on",
  workaround: "drop enable_jit_checkpoint: train.py saves by itself when it gets SIGTERM or SIGUSR1",
  rule: "option-sharded",
};

export const ligerExchanges: ReportedIssue = {
  id: "liger-exchanges-parts",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom:
    "it is deprecated, and exchanges parts of a model that is sharded by then; train.py uses Liger's norms and rotary positions by itself where they fit the family",
  where: "use_liger_kernel is on",
  workaround: "drop use_liger_kernel",
  rule: "option-sharded",
};

export const bestNotLoaded: ReportedIssue = {
  id: "best-not-loaded",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom: "the trainer cannot load a checkpoint back into a sharded model",
  where: "load_best_model_at_end is on",
  workaround: "drop load_best_model_at_end, and take the best checkpoint when the run has ended",
  link: "https://github.com/huggingface/transformers/issues/48569",
  rule: "saving",
};

export const examplesOfIssues: IssueExamples = {
  "auto-find-batch-size": {
    meets: { plan: "\nsft: { auto_find_batch_size: true }\n" },
    misses: { plan: "\nsft: { auto_find_batch_size: false }\n" },
  },
  "debug-hooks": {
    meets: { plan: "\nsft: { debug: underflow_overflow }\n" },
    misses: { plan: "\nsft: { debug: [] }\n" },
  },
  "jit-checkpoint": {
    meets: { plan: "\nsft: { enable_jit_checkpoint: true }\n" },
    misses: { plan: "\nsft: { enable_jit_checkpoint: false }\n" },
  },
  "liger-exchanges-parts": {
    meets: { plan: "\nsft: { use_liger_kernel: true }\n" },
    misses: { plan: "\nsft: { use_liger_kernel: false }\n" },
  },
  "best-not-loaded": {
    meets: { plan: "\nsft: { save_strategy: steps, save_steps: 50, load_best_model_at_end: true }\n" },
    misses: { plan: "\nsft: { save_strategy: steps, save_steps: 50 }\n" },
  },
};
