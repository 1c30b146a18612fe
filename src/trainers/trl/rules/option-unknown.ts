import { capped } from "../../../diagnostics/capped.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { Location } from "../../../text/location.ts";
import { suggest } from "../../../text/suggest.ts";
import type { PlanFacts } from "../facts.ts";
import { elsewhereOf } from "../options/elsewhere.ts";
import { plancOwned } from "../options/owned.ts";

export const PLN4020 = diagnostic("PLN4020", {
  severity: "error",
  messages: {
    default: text`${"class"} of TRL ${"release"} has no option ${"name"}`,
    key: text`${"option"} of TRL ${"release"} has no key ${"name"}`,
    elsewhere: text`${"name"} is no option of ${"class"} but ${"what"}`,
  },
});

/** Every key under the plan's task is an option of the trainer's release; what stands in launch lines elsewhere is named. */
export const optionUnknown: Rule<PlanFacts> = {
  name: "option-unknown",
  check(facts) {
    const names = Object.keys(facts.plan.options).filter((name) => !facts.task.options.has(name));
    return capped(names, (name) => unknownOption(facts, name));
  },
};

function unknownOption({ plan, task }: PlanFacts, name: string): Diagnostic {
  const location = optionAt(plan, name, "key");
  const other = elsewhereOf(name);
  if (other !== undefined) {
    return PLN4020(
      location,
      { name, class: task.config_class, what: other.what },
      { variant: "elsewhere", help: other.instead },
    );
  }
  const owner = task.others.get(name);
  if (owner !== undefined) {
    const values = { name, class: task.config_class, what: `one of ${owner}` };
    return PLN4020(location, values, {
      variant: "elsewhere",
      help: `drop ${name}: ${task.trainer_class} has no use for it`,
    });
  }
  const near = suggest(
    name,
    [...task.options.keys()].filter((option) => !Object.hasOwn(plancOwned, option)),
  );
  const advice =
    near === undefined ? { help: "docs/plan-reference.md lists the options" } : meant(near, location, plan.options);
  return PLN4020(location, { name, class: task.config_class, release: task.release }, advice);
}

/** What to do where `near` was meant for a key of `beside`: writing it a second time would be no help. */
export function meant(near: string, location: Location, beside: Readonly<Record<string, unknown>>) {
  return Object.hasOwn(beside, near)
    ? { help: `did you mean ${near}? it is written as well: drop one of them` }
    : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] };
}

export const pages = {
  PLN4020: {
    title: "unknown trainer option",
    docs: `Under \`sft\` or \`dpo\` stand the options of the trainer's configuration class, by its own names. Launch lines and accelerate's
configuration files have other names, some of which are accepted there and ignored.

Wrong:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategie: wrapped, parallelism_config_ep_size: 8 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8 }
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "an option that was misspelt",
    plan: `
sft: { packing: true, packing_strategie: wrapped, max_length: 4096, per_device_train_batch_size: 1 }
#@ [23:40) PLN4020 SFTConfig of TRL 1.16.0 has no option packing_strategie
#@   help: did you mean packing_strategy?
#@   fix "change it to packing_strategy" -> fine
`,
  },
  {
    name: "what was meant is written as well",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  pakcing: true
#@ [03:10) PLN4020 SFTConfig of TRL 1.16.0 has no option pakcing
#@   help: did you mean packing? it is written as well: drop one of them
  packing: true
`,
  },
  {
    name: "nothing is near",
    plan: `
sft: { attention_window: 512 }
#@ [08:24) PLN4020 SFTConfig of TRL 1.16.0 has no option attention_window
#@   help: docs/plan-reference.md lists the options
`,
  },
  {
    name: "what planc sets itself is not suggested",
    plan: `
sft: { bf61: true }
#@ [08:12) PLN4020 SFTConfig of TRL 1.16.0 has no option bf61
#@   help: docs/plan-reference.md lists the options
`,
  },
  {
    name: "names of other files and programs",
    plan: `
sft:
  parallelism_config_ep_size: 4
#@ [03:29) PLN4020 parallelism_config_ep_size is no option of SFTConfig but a key that accelerate ignores
#@   help: write parallelism.ep_size
  model_name_or_path: Qwen/Qwen3-30B-A3B
#@ [03:21) PLN4020 model_name_or_path is no option of SFTConfig but an argument of TRL's training script
#@   help: write model.checkpoint
  warmup_ratio: 0.1
#@ [03:15) PLN4020 warmup_ratio is no option of SFTConfig but an option of older releases
#@   help: write warmup_steps, which below 1 is a share of all steps
  use_peft: true
#@ [03:11) PLN4020 use_peft is no option of SFTConfig but an argument of TRL's training script
#@   help: write lora.r, lora.target_modules and the like
`,
  },
  {
    name: "accelerate's keys by what they begin with",
    plan: `
sft: { fsdp_transformer_layer_cls_to_wrap: Qwen3MoeDecoderLayer }
#@ [08:42) PLN4020 fsdp_transformer_layer_cls_to_wrap is no option of SFTConfig but a key of accelerate's configuration file
#@   help: drop it: the engine shards by parallelism, accelerate does not
`,
  },
  {
    name: "a name that every object has",
    plan: `
sft: { constructor: 1 }
#@ [08:19) PLN4020 SFTConfig of TRL 1.16.0 has no option constructor
#@   help: docs/plan-reference.md lists the options
`,
  },
  {
    name: "options of the release",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, packing: true, packing_strategy: wrapped }
`,
  },
  {
    name: "options of another task",
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, packing: true, dataset_text_field: text }
#@ [58:65) PLN4020 packing is no option of DPOConfig but one of SFTConfig
#@   help: drop packing: DPOTrainer has no use for it
#@ [73:91) PLN4020 dataset_text_field is no option of DPOConfig but one of SFTConfig
#@   help: drop dataset_text_field: DPOTrainer has no use for it
`,
  },
  {
    plan: `
sft: { max_length: 2048, per_device_train_batch_size: 1, beta: 0.1 }
#@ [58:62) PLN4020 beta is no option of SFTConfig but one of DPOConfig
#@   help: drop beta: SFTTrainer has no use for it
`,
  },
];
