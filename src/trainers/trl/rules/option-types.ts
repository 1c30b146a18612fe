import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { Location } from "../../../text/location.ts";
import { suggest } from "../../../text/suggest.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";
import type { TrainerOption } from "../options/option.ts";
import { plancOwned } from "../options/owned.ts";
import { isOfType, legalWords, typesInWords, typesOf } from "../options/types.ts";

export const PLN4022 = diagnostic("PLN4022", {
  severity: "error",
  messages: { default: text`${"name"} is ${"written"}; ${"expected"} is expected` },
});

export const PLN4023 = diagnostic("PLN4023", {
  severity: "error",
  messages: { default: text`${"name"} is ${"written"}; accepted are ${"values"}` },
});

/** Every option has the type that the release declares and, where it takes words, one of its words. */
export const optionTypes: Rule<PlanFacts> = {
  name: "option-types",
  *check(facts) {
    for (const [name, value] of Object.entries(facts.plan.options)) {
      const option = facts.task.options.get(name);
      if (option === undefined || Object.hasOwn(plancOwned, name)) continue;
      if (!typesOf(name, option).some((type) => isOfType(value, type, option)))
        yield wrongType(facts, name, value, option);
      else yield* unknownWords(facts, name, value, option);
    }
  },
};

function wrongType({ plan }: PlanFacts, name: string, value: unknown, option: TrainerOption): Diagnostic {
  const expected = typesInWords(name, option);
  const items: readonly unknown[] = Array.isArray(value) && option.types.includes("list") ? value : [];
  const index = items.findIndex((item) => !isOfType(item, option.items ?? "str", option));
  const location = optionAt(plan, index < 0 ? name : [name, index]);
  const advice =
    withoutQuotes(location, name, value, option) ??
    (value === null ? { help: `leave ${name} out for its default` } : {});
  return PLN4022(location, { name, written: show(value), expected }, advice);
}

/** What to do about a value that is right but for its quotes. */
function withoutQuotes(location: Location, name: string, value: unknown, option: TrainerOption) {
  const unquoted = typeof value === "string" ? fromText(value) : undefined;
  if (unquoted === undefined || !typesOf(name, option).some((type) => isOfType(unquoted, type, option)))
    return undefined;
  const bare = typeof unquoted === "number" ? String(value).trim() : String(unquoted);
  return { help: `write ${bare} without quotes`, fixes: [replaceWith(location, bare)] };
}

function* unknownWords({ plan }: PlanFacts, name: string, value: unknown, option: TrainerOption): Iterable<Diagnostic> {
  const legal = legalWords(name, option);
  if (legal === undefined) return;
  const words = Array.isArray(value) ? value : [value];
  const scalars = typesOf(name, option).filter((type) => type !== "list" && type !== "none");
  for (const [index, word] of words.entries()) {
    if (typeof word !== "string" || word === option.default || legal.includes(word)) continue;
    const location = Array.isArray(value) ? optionAt(plan, [name, index]) : optionAt(plan, name);
    const near = suggest(word, legal);
    const advice =
      withoutQuotes(location, name, word, option) ??
      (near === undefined ? {} : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] });
    yield PLN4023(location, { name, written: show(word), values: typesInWords(name, option, scalars) }, advice);
  }
}

/** What a quoted value would be without its quotes. */
function fromText(text: string): number | boolean | undefined {
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

export const pages = {
  PLN4022: {
    title: "trainer option of the wrong type",
    docs: `The trainer's class does not check types: a number written as text travels far before it fails, or compares wrongly.

Wrong:

\`\`\`yaml
sft: { learning_rate: "2e-5", packing: "yes" }
\`\`\`

Right:

\`\`\`yaml
sft: { learning_rate: 2.0e-5, packing: true }
\`\`\``,
  },
  PLN4023: {
    title: "unknown value of a trainer option",
    docs: `The option takes one of the words that the release lists.

Wrong:

\`\`\`yaml
sft: { packing: true, packing_strategy: wraped }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "text for a number",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, learning_rate: "2e-5" }
#@ [73:79) PLN4022 learning_rate is "2e-5"; a number is expected
#@   help: write 2e-5 without quotes
#@   fix "change it to 2e-5" -> fine
`,
  },
  {
    name: "text for a flag",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  packing: 'Yes'
#@ [12:17) PLN4022 packing is "Yes"; true or false is expected
#@   help: write true without quotes
#@   fix "change it to true" -> fine
`,
  },
  {
    name: "another type",
    plan: `
sft: { max_steps: hundred, packing: 1 }
#@ [19:26) PLN4022 max_steps is "hundred"; a whole number is expected
#@ [37:38) PLN4022 packing is 1; true or false is expected
`,
  },
  {
    name: "numbers of another kind",
    plan: `
sft:
  max_steps: 1.5
#@ [14:17) PLN4022 max_steps is 1.5; a whole number is expected
  weight_decay: true
#@ [17:21) PLN4022 weight_decay is true; a number is expected
  seed: 1e300
#@ [09:14) PLN4022 seed is 1e+300; a whole number is expected
  warmup_steps: null
#@ [17:21) PLN4022 warmup_steps is null; a number is expected
#@   help: leave warmup_steps out for its default
  learning_rate: .inf
#@ [18:22) PLN4022 learning_rate is Infinity; a number is expected
`,
  },
  {
    name: "options that are lists, mappings and words",
    plan: `
sft: { report_to: null, label_names: labels, lr_scheduler_kwargs: "{}", dataset_kwargs: [], optim: 3 }
#@ [19:23) PLN4022 report_to is null; all, none, azure_ml, comet_ml, mlflow, neptune, tensorboard, trackio, wandb, codecarbon, clearml, dagshub, flyte, dvclive, swanlab, kubeflow or a list of texts is expected
#@   help: leave report_to out for its default
#@ [38:44) PLN4022 label_names is "labels"; a list of texts or null is expected
#@ [67:71) PLN4022 lr_scheduler_kwargs is "{}"; a mapping or null is expected
#@ [89:91) PLN4022 dataset_kwargs is []; a mapping or null is expected
#@ [100:101) PLN4022 optim is 3; adamw_torch, adamw_torch_fused, adamw_torch_xla, adamw_torch_npu_fused, adafactor, adamw_anyprecision, adamw_torch_4bit, adamw_torch_8bit, ademamix, sgd, adagrad, adamw_bnb_8bit, adamw_8bit, ademamix_8bit, lion_8bit, lion_32bit, paged_adamw_32bit, paged_adamw_8bit, paged_ademamix_32bit, paged_ademamix_8bit, paged_lion_32bit, paged_lion_8bit, rmsprop, rmsprop_bnb, rmsprop_bnb_8bit, rmsprop_bnb_32bit, galore_adamw, galore_adamw_8bit, galore_adafactor, galore_adamw_layerwise, galore_adamw_8bit_layerwise, galore_adafactor_layerwise, lomo, adalomo, grokadamw, schedule_free_radam, schedule_free_adamw, schedule_free_sgd, apollo_adamw, apollo_adamw_layerwise or stable_adamw is expected
`,
  },
  {
    name: "an item",
    plan: `
sft: { label_names: [labels, 1] }
#@ [30:31) PLN4022 label_names is ["labels",1]; a list of texts or null is expected
`,
  },
  {
    name: "a word that was misspelt",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, lr_scheduler_type: cosin }
#@ [77:82) PLN4023 lr_scheduler_type is "cosin"; accepted are linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup, inverse_sqrt, reduce_lr_on_plateau, cosine_with_min_lr, cosine_warmup_with_min_lr, warmup_stable_decay or greedy
#@   help: did you mean cosine?
#@   fix "change it to cosine" -> fine
`,
  },
  {
    name: "one in a list",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  report_to:
    - tensorboard
    - wandbb
#@ [07:13) PLN4023 report_to is "wandbb"; accepted are all, none, azure_ml, comet_ml, mlflow, neptune, tensorboard, trackio, wandb, codecarbon, clearml, dagshub, flyte, dvclive, swanlab or kubeflow
#@   help: did you mean wandb?
#@   fix "change it to wandb" -> fine
`,
  },
  {
    name: "nothing is near",
    plan: `
sft: { lr_scheduler_type: staircase }
#@ [27:36) PLN4023 lr_scheduler_type is "staircase"; accepted are linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup, inverse_sqrt, reduce_lr_on_plateau, cosine_with_min_lr, cosine_warmup_with_min_lr, warmup_stable_decay or greedy
`,
  },
  {
    name: "a quoted number where words are accepted too",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, pad_to_multiple_of: "8" }
#@ [78:81) PLN4023 pad_to_multiple_of is "8"; accepted are a whole number or auto
#@   help: write 8 without quotes
#@   fix "change it to 8" -> fine
`,
  },
  {
    name: "a quoted flag where words are accepted too",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, include_num_input_tokens_seen: "on" }
#@ [89:93) PLN4023 include_num_input_tokens_seen is "on"; accepted are all, non_padding, no or true or false
#@   help: write true without quotes
#@   fix "change it to true" -> fine
`,
  },
  {
    name: "what is accepted beside words",
    plan: `
sft: { pad_to_multiple_of: eight }
#@ [28:33) PLN4023 pad_to_multiple_of is "eight"; accepted are a whole number or auto
`,
  },
  {
    name: "values as the release declares them",
    shows: "nothing",
    plan: `
sft:
  learning_rate: 2.0e-5
  max_steps: 10
  max_length: null
  per_device_train_batch_size: 1
  num_train_epochs: 3
  lr_scheduler_type: cosine
  lr_scheduler_kwargs: {}
  report_to: [tensorboard]
  pad_to_multiple_of: 8
`,
  },
  {
    name: "a loss that there is not, alone and among others",
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, loss_type: sigmoide }
#@ [69:77) PLN4023 loss_type is "sigmoide"; accepted are sigmoid, hinge, ipo, exo_pair, nca_pair, robust, bco_pair, sppo_hard, aot, aot_unpaired, apo_zero, apo_down, discopop, sft or sigmoid_norm
#@   help: did you mean sigmoid?
#@   fix "change it to sigmoid" -> fine
`,
  },
  {
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, loss_type: [sigmoid, kto], beta: "0.1" }
#@ [79:82) PLN4023 loss_type is "kto"; accepted are sigmoid, hinge, ipo, exo_pair, nca_pair, robust, bco_pair, sppo_hard, aot, aot_unpaired, apo_zero, apo_down, discopop, sft or sigmoid_norm
#@ [91:96) PLN4022 beta is "0.1"; a number is expected
#@   help: write 0.1 without quotes
#@   fix "change it to 0.1" -> PLN4023
`,
  },
];
