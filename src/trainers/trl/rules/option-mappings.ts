import type { Case } from "../../../diagnostics/case.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Plan } from "../../../plan/plan.ts";
import { optionAt } from "../../../plan/task.ts";
import { suggest } from "../../../text/suggest.ts";
import { isMapping, show } from "../../../text/values.ts";
import { orList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";
import { isOfType, typesInWords, typesOf } from "../options/types.ts";
import { PLN4025 } from "./option-pairs.ts";
import { PLN4028 } from "./option-sharded.ts";
import { PLN4022 } from "./option-types.ts";
import { meant, PLN4020 } from "./option-unknown.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** Keys inside options that are mappings: the trainer hands them to functions that stop at a name they do not know. */
export const optionMappings: Rule<PlanFacts> = {
  name: "option-mappings",
  *check(facts) {
    yield* unknownKeys(
      facts,
      "accelerator_config",
      Object.keys(facts.task.options.get("accelerator_config")?.keys ?? {}),
    );
    yield* unknownKeys(facts, "dataset_kwargs", ["skip_prepare_dataset"]);
    yield* keyTypes(facts);
    yield* schedule(facts);
  },
};

function mapping(plan: Plan, name: string): Mapping | undefined {
  const value = plan.options[name];
  return isMapping(value) ? value : undefined;
}

function* unknownKeys(facts: PlanFacts, name: string, known: readonly string[]) {
  const { plan } = facts;
  const written = mapping(plan, name) ?? {};
  for (const key of Object.keys(written)) {
    if (known.includes(key)) continue;
    const location = optionAt(plan, [name, key], "key");
    const near = suggest(key, known);
    const advice =
      near !== undefined
        ? meant(near, location, written)
        : { help: known.length === 0 ? `drop ${key}` : `keys are ${orList(known)}` };
    const values = { name: key, option: name, release: facts.task.release };
    yield PLN4020(location, values, { variant: "key", ...advice });
  }
}

/** What batches are made of is the plan's: keys of `accelerator_config` that would change it, and why. */
const batchKeys: Readonly<Record<string, { readonly values: (value: unknown) => boolean; readonly why: string }>> = {
  split_batches: {
    values: (value) => value === true,
    why: "one batch would be split over the ranks, so a step would take fewer tokens than the plan says",
  },
  even_batches: {
    values: (value) => value === false,
    why: "ranks would take different numbers of batches and wait for each other forever",
  },
  use_configured_state: { values: (value) => value === true, why: "train.py configures no state of its own" },
  gradient_accumulation_kwargs: {
    values: (value) => typeof value === "object" && value !== null && "num_steps" in value,
    why: "its num_steps is gradient_accumulation_steps",
  },
};

function* keyTypes(facts: PlanFacts) {
  const { plan } = facts;
  const keys = facts.task.options.get("accelerator_config")?.keys ?? {};
  for (const [key, value] of Object.entries(mapping(plan, "accelerator_config") ?? {})) {
    const option = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (option === undefined) continue;
    const location = optionAt(plan, ["accelerator_config", key]);
    const name = `accelerator_config.${key}`;
    if (!typesOf(key, option).some((type) => isOfType(value, type, option))) {
      yield PLN4022(location, { name, written: show(value), expected: typesInWords(key, option) });
    } else if (batchKeys[key]?.values(value)) {
      yield PLN4028(location, { name, written: show(value), why: batchKeys[key].why }, { help: `drop ${key}` });
    }
  }
}

/** `lr_scheduler_kwargs` against the schedule: keys it does not take, keys it cannot do without. */
function* schedule(facts: PlanFacts) {
  const { plan } = facts;
  const type = String(optionValue(facts, "lr_scheduler_type"));
  const known = facts.task.schedules.get(type);
  if (known === undefined) return;
  const written = mapping(plan, "lr_scheduler_kwargs") ?? {};
  yield* unknownKeys(facts, "lr_scheduler_kwargs", known.keys);
  const needed =
    type.endsWith("with_min_lr") && !("min_lr" in written) && !("min_lr_rate" in written)
      ? ["min_lr or min_lr_rate"]
      : [];
  const missing = [...known.required.filter((key) => !(key in written)), ...needed];
  if (missing.length === 0) return;
  const why = `needs ${missing.join(", ")} under lr_scheduler_kwargs`;
  const help = `write lr_scheduler_kwargs: { ${missing[0]?.split(" ").at(-1)}: ... }`;
  yield PLN4025(optionAt(plan, "lr_scheduler_type"), { name: "lr_scheduler_type", written: type, why }, { help });
}

export const cases: readonly Case[] = [
  {
    name: "a key that was misspelt",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, accelerator_config: { split_batch: false } }
#@ [80:91) PLN4020 accelerator_config of TRL 1.16.0 has no key split_batch
#@   help: did you mean split_batches?
#@   fix "change it to split_batches" -> fine
`,
  },
  {
    name: "a key that every object of JavaScript has",
    plan: `
sft: { accelerator_config: { toString: 2 } }
#@ [30:38) PLN4020 accelerator_config of TRL 1.16.0 has no key toString
#@   help: keys are split_batches, dispatch_batches, even_batches, use_seedable_sampler, non_blocking, gradient_accumulation_kwargs or use_configured_state
`,
  },
  {
    name: "nothing is near",
    plan: `
sft: { accelerator_config: { window: 2 } }
#@ [30:36) PLN4020 accelerator_config of TRL 1.16.0 has no key window
#@   help: keys are split_batches, dispatch_batches, even_batches, use_seedable_sampler, non_blocking, gradient_accumulation_kwargs or use_configured_state
`,
  },
  {
    name: "what was meant is written as well",
    plan: `
sft: { accelerator_config: { even_batch: false, even_batches: true } }
#@ [30:40) PLN4020 accelerator_config of TRL 1.16.0 has no key even_batch
#@   help: did you mean even_batches? it is written as well: drop one of them
`,
  },
  {
    name: "the one key",
    plan: `
sft:
  dataset_kwargs:
    num_proc: 4
#@ [05:13) PLN4020 dataset_kwargs of TRL 1.16.0 has no key num_proc
#@   help: keys are skip_prepare_dataset
`,
  },
  {
    name: "a schedule that takes none",
    plan: `
sft:
  lr_scheduler_kwargs:
    num_cycles: 2
#@ [05:15) PLN4020 lr_scheduler_kwargs of TRL 1.16.0 has no key num_cycles
#@   help: drop num_cycles
`,
  },
  {
    name: "a key of a schedule",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  lr_scheduler_type: cosine
  lr_scheduler_kwargs:
    num_cycle: 2
#@ [05:14) PLN4020 lr_scheduler_kwargs of TRL 1.16.0 has no key num_cycle
#@   help: did you mean num_cycles?
#@   fix "change it to num_cycles" -> fine
`,
  },
  {
    name: "either of two keys",
    plan: `
sft: { lr_scheduler_type: cosine_with_min_lr }
#@ [27:45) PLN4025 lr_scheduler_type cosine_with_min_lr needs min_lr or min_lr_rate under lr_scheduler_kwargs
#@   help: write lr_scheduler_kwargs: { min_lr_rate: ... }
`,
  },
  {
    name: "a key that a schedule cannot do without",
    plan: `
sft:
  lr_scheduler_type: warmup_stable_decay
#@ [22:41) PLN4025 lr_scheduler_type warmup_stable_decay needs num_decay_steps under lr_scheduler_kwargs
#@   help: write lr_scheduler_kwargs: { num_decay_steps: ... }
  lr_scheduler_kwargs:
    num_stable_steps: 100
`,
  },
  {
    name: "values of another type",
    plan: `
sft:
  accelerator_config:
    split_batches: 1
#@ [20:21) PLN4022 accelerator_config.split_batches is 1; true or false is expected
    even_batches: "no"
#@ [19:23) PLN4022 accelerator_config.even_batches is "no"; true or false is expected
    gradient_accumulation_kwargs: 4
#@ [35:36) PLN4022 accelerator_config.gradient_accumulation_kwargs is 4; a mapping or null is expected
`,
  },
  {
    name: "what would change the batches",
    plan: `
sft:
  accelerator_config:
    split_batches: true
#@ [20:24) PLN4028 accelerator_config.split_batches true does not work here: one batch would be split over the ranks, so a step would take fewer tokens than the plan says
#@   help: drop split_batches
    even_batches: false
#@ [19:24) PLN4028 accelerator_config.even_batches false does not work here: ranks would take different numbers of batches and wait for each other forever
#@   help: drop even_batches
    use_configured_state: true
#@ [27:31) PLN4028 accelerator_config.use_configured_state true does not work here: train.py configures no state of its own
#@   help: drop use_configured_state
    gradient_accumulation_kwargs: { num_steps: 4 }
#@ [35:51) PLN4028 accelerator_config.gradient_accumulation_kwargs {"num_steps":4} does not work here: its num_steps is gradient_accumulation_steps
#@   help: drop gradient_accumulation_kwargs
`,
  },
  {
    name: "keys that there are",
    shows: "nothing",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  accelerator_config: { split_batches: false, even_batches: true, non_blocking: true, gradient_accumulation_kwargs: { sync_each_batch: true } }
  dataset_kwargs: { skip_prepare_dataset: true }
  lr_scheduler_type: cosine_with_min_lr
  lr_scheduler_kwargs: { min_lr_rate: 0.1 }
`,
  },
  {
    name: "the other of two keys",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: { min_lr: 1.0e-6 } }
`,
  },
];
