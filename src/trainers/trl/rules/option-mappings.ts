import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Plan } from "../../../plan/plan.ts";
import { optionAt } from "../../../plan/task.ts";
import { isMapping } from "../../../text/mapping.ts";
import { show } from "../../../text/show.ts";
import { suggest } from "../../../text/suggest.ts";
import { orList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { isOfType, typesInWords, typesOf } from "../options/types.ts";
import { optionValue } from "../options/value.ts";
import { PLN4025 } from "./option-pairs.ts";
import { PLN4028 } from "./option-sharded.ts";
import { PLN4022 } from "./option-types.ts";
import { PLN4020 } from "./option-unknown.ts";

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
  for (const key of Object.keys(mapping(plan, name) ?? {})) {
    if (known.includes(key)) continue;
    const location = optionAt(plan, [name, key], "key");
    const near = suggest(key, known);
    const help =
      known.length === 0 ? `drop ${key}` : near === undefined ? `keys are ${orList(known)}` : `did you mean ${near}?`;
    const fixes = near === undefined ? [] : [replaceWith(location, near)];
    yield PLN4020(location, { name: key, option: name, release: facts.task.release }, { variant: "key", help, fixes });
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
    const option = keys[key];
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
