import type { Checked } from "../compiler.ts";
import { runsOnCpu } from "../engines/transformers/attention/implementation.ts";
import { type Folded, worldOf } from "./fold.ts";

type Tree = Readonly<Record<string, unknown>>;

/** What of the trainer's options decides the loss and the gradients, and so is rehearsed as the plan has it. */
const kept: ReadonlySet<string> = new Set([
  "packing",
  "packing_strategy",
  "padding_free",
  "per_device_train_batch_size",
  "gradient_accumulation_steps",
  "average_tokens_across_devices",
  "loss_type",
  "learning_rate",
  "weight_decay",
  "adam_beta1",
  "adam_beta2",
  "adam_epsilon",
]);

/** Tokens of a sequence at toy size. */
export const toyLength = 64;

/** The trainer's options of a rehearsal: the plan's, without what makes two runs differ (clipping, checkpoints, logs). */
export function toyOptions({ plan }: Checked, steps: number): Tree {
  return {
    ...Object.fromEntries(Object.entries(plan.sft).filter(([name]) => kept.has(name))),
    max_length: plan.sft["max_length"] === null ? null : toyLength,
    max_steps: steps,
    logging_steps: 1,
    max_grad_norm: 0,
    lr_scheduler_type: "constant",
    save_strategy: "no",
    report_to: "none",
    disable_tqdm: true,
  };
}

/** The plan at toy size: its own rules, precision and options on the folded mesh. */
export function toyPlan(checked: Checked, mesh: Folded, steps: number): Tree {
  const { versions, parallelism, precision, recompute, name } = checked.plan;
  const overrides = parallelism.base_model_ep_plan;
  const attention = checked.plan.model.attn_implementation;
  const isKept = attention !== undefined && runsOnCpu(attention);
  return {
    version: 1,
    name,
    model: { config: "config.json", checkpoint: "./model", ...(isKept ? { attn_implementation: attention } : {}) },
    stack: { engine: "transformers", trainer: "trl", versions },
    cluster: { gpu: "h100-sxm-80gb", nodes: 1, gpus_per_node: worldOf(mesh) },
    parallelism: {
      ...mesh,
      ep_implementation: parallelism.ep_implementation,
      ...(Object.keys(overrides).length > 0 ? { base_model_ep_plan: overrides } : {}),
    },
    precision,
    recompute,
    data: { path: "./data.jsonl" },
    sft: toyOptions(checked, steps),
  };
}
