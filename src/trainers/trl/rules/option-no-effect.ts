import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/value.ts";

export const PLN4034 = diagnostic("PLN4034", {
  severity: "warning",
  messages: { default: text`${"name"} has no effect: ${"why"}` },
  help: "leave it out",
});

interface Idle {
  readonly options: readonly string[];
  readonly when: (facts: PlanFacts) => boolean;
  readonly why: (facts: PlanFacts) => string;
}

const is = (name: string, value: unknown) => (facts: PlanFacts) => optionValue(facts, name) === value;

/** Options that nothing reads while another option is what it is. */
const idle: readonly Idle[] = [
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

/** A value other than the default that changes nothing is not what its writer meant. */
export const optionNoEffect: Rule<PlanFacts> = {
  name: "option-no-effect",
  *check(facts) {
    const { plan } = facts;
    for (const { options, when, why } of idle) {
      if (!when(facts)) continue;
      for (const name of options) {
        const written = plan.options[name];
        if (written === undefined || written === facts.task.options.get(name)?.default) continue;
        yield PLN4034(optionAt(plan, name, "key"), { name, why: why(facts) });
      }
    }
  },
};

export const pages = {
  PLN4034: {
    title: "trainer option without effect",
    docs: `The option is read only together with another one, so what it says does not happen.

Wrong (\`packing\` is off):

\`\`\`yaml
sft: { max_length: 4096, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;
