import type { PlanFacts } from "../facts.ts";
import { optionValue } from "./defaults.ts";

/** Options that nothing reads while another option is what it is. */
export interface Idle {
  readonly options: readonly string[];
  readonly when: (facts: PlanFacts) => boolean;
  readonly why: (facts: PlanFacts) => string;
}

const is = (name: string, value: unknown) => (facts: PlanFacts) => optionValue(facts, name) === value;

export const idle: readonly Idle[] = [
  {
    options: ["num_train_epochs"],
    when: (facts) => Number(optionValue(facts, "max_steps")) > 0,
    why: (facts) => `max_steps ${optionValue(facts, "max_steps")} ends the run`,
  },
  { options: ["packing_strategy"], when: is("packing", false), why: () => "packing is off" },
  {
    options: ["save_steps", "save_total_limit", "save_only_model"],
    when: ({ plan }) => plan.options["save_strategy"] === "no",
    why: () => "save_strategy is no",
  },
  { options: ["save_steps"], when: is("save_strategy", "epoch"), why: () => "save_strategy is epoch" },
  { options: ["logging_steps"], when: is("logging_strategy", "no"), why: () => "logging_strategy is no" },
  {
    options: ["eval_steps", "eval_delay"],
    when: is("eval_strategy", "no"),
    why: () => "eval_strategy is no",
  },
  {
    options: ["per_device_eval_batch_size", "eval_accumulation_steps", "eval_packing"],
    when: (facts) => optionValue(facts, "eval_strategy") === "no" && facts.plan.options["eval_on_start"] !== true,
    why: () => "nothing is evaluated: eval_strategy is no",
  },
  { options: ["eval_steps"], when: is("eval_strategy", "epoch"), why: () => "eval_strategy is epoch" },
  {
    options: ["do_eval"],
    when: is("eval_strategy", "no"),
    why: () => "eval_strategy is no, and that decides",
  },
  {
    options: ["metric_for_best_model", "greater_is_better"],
    when: ({ plan }) =>
      plan.options["save_strategy"] !== "best" &&
      !["reduce_lr_on_plateau", "greedy"].includes(String(plan.options["lr_scheduler_type"])),
    why: () => "neither save_strategy best nor a schedule by the evaluation's loss reads it",
  },
  {
    options: ["hub_model_id", "hub_strategy", "hub_private_repo", "hub_always_push", "hub_revision"],
    when: is("push_to_hub", false),
    why: () => "push_to_hub is off",
  },
  {
    options: ["optim_target_modules"],
    when: () => true,
    why: (facts) => `optimizer ${optionValue(facts, "optim")} does not read it`,
  },
  {
    options: ["adam_beta1", "adam_beta2", "adam_epsilon"],
    when: (facts) => ["sgd", "adagrad", "rmsprop"].includes(String(optionValue(facts, "optim"))),
    why: (facts) => `optimizer ${optionValue(facts, "optim")} does not read it`,
  },
  { options: ["liger_kernel_config"], when: is("use_liger_kernel", false), why: () => "use_liger_kernel is off" },
  {
    options: ["warmup_steps"],
    when: ({ plan }) => plan.options["lr_scheduler_type"] === "constant",
    why: () => "lr_scheduler_type constant has no warmup; constant_with_warmup has one",
  },
  {
    options: ["ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_static_graph"],
    when: () => true,
    why: () => "a sharded model is not wrapped by DDP",
  },
  {
    options: ["restore_callback_states_from_checkpoint"],
    when: () => true,
    why: () => "no callback of the job keeps a state in a checkpoint that a resumed run would miss",
  },
];
