import type { Plan } from "../../../plan/plan.ts";
import type { TaskName } from "../../../plan/task.ts";
import type { ToySize } from "../../../stack/trainer.ts";
import type { Literal } from "../../../text/literal.ts";

/** What of the trainer's options decides the loss and the gradients, and so is rehearsed as the plan has it. */
const kept: ReadonlySet<string> = new Set([
  "packing",
  "packing_strategy",
  "padding_free",
  "per_device_train_batch_size",
  "gradient_accumulation_steps",
  "average_tokens_across_devices",
  "loss_type",
  "router_aux_loss_coef",
  "learning_rate",
  "weight_decay",
  "adam_beta1",
  "adam_beta2",
  "adam_epsilon",
  "beta",
  "loss_weights",
  "label_smoothing",
  "ld_alpha",
  "f_divergence_type",
  "f_alpha_divergence_coef",
  "use_weighting",
  "discopop_tau",
]);

/** Preferences are learnt slowly: with a plan's rate the rewards of a few steps would be no more than what float32 rounds. */
const rates: Partial<Record<TaskName, number>> = { dpo: 1e-3 };

/** The trainer's options of a rehearsal: the plan's, without what makes two runs differ (clipping, checkpoints, logs). */
export function toyOptions({ options, task }: Plan, { steps, length }: ToySize): Readonly<Record<string, Literal>> {
  return {
    ...Object.fromEntries(
      Object.entries(options as Readonly<Record<string, Literal>>).filter(([name]) => kept.has(name)),
    ),
    ...(rates[task] === undefined ? {} : { learning_rate: rates[task] }),
    max_length: options["max_length"] === null ? null : length,
    max_steps: steps,
    logging_steps: 1,
    max_grad_norm: 0,
    lr_scheduler_type: "constant",
    save_strategy: "no",
    report_to: "none",
    disable_tqdm: true,
  };
}
