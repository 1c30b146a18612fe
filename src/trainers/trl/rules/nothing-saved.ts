import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Fix } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import { addKeys } from "../../../plan/add-keys.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { plural } from "../../../text/words.ts";
import { trainerValue } from "../options/option.ts";
import { isWritten, optionAt } from "../options/written.ts";

/** Steps from which a run is worth a checkpoint: loading the model again costs minutes, and so do fewer steps. */
const manySteps = 100;

/** A long run that keeps nothing before its end. A written `save_strategy: "no"` is the author's decision. */
export const trainerNothingSaved: Rule<PlanFacts> = {
  name: "trainer-nothing-saved",
  *check({ plan }) {
    const [steps, strategy] = [stepsOf(plan), trainerValue(plan, "save_strategy")];
    if (steps !== undefined && steps < manySteps) return;
    const length = steps === undefined ? epochsOf(plan) : plural(steps, "step");
    if (strategy === "no" && !isWritten(plan, "save_strategy")) {
      yield report("PLN5052", placeOf(plan), { length }, { fixes: fixOf(plan, steps) });
    } else if (strategy === "steps" && steps !== undefined) {
      const save_steps = trainerValue(plan, "save_steps");
      if (typeof save_steps !== "number" || save_steps < Math.max(2, steps)) return;
      const place = optionAt(plan, "save_steps");
      const fixes = isWritten(plan, "save_steps") ? [replaceWith(place, interval(steps))] : [];
      yield report("PLN5052", place, { length, save_steps }, { variant: "late", fixes });
    }
  },
};

/** Undefined where the length is given in epochs. */
function stepsOf(plan: Plan): number | undefined {
  const steps = trainerValue(plan, "max_steps");
  return typeof steps === "number" && steps > 0 ? steps : undefined;
}

function epochsOf(plan: Plan): string {
  const epochs = Number(trainerValue(plan, "num_train_epochs"));
  return epochs === 1 ? "an epoch" : `${epochs} epochs`;
}

function placeOf(plan: Plan) {
  const name = ["max_steps", "num_train_epochs"].find((option) => isWritten(plan, option));
  return name === undefined ? plan.written.at("sft", "key") : optionAt(plan, name);
}

/** Ten checkpoints or so, none sooner than 50 steps after another; the trainer's own default is 500. */
function interval(steps: number): number {
  return Math.min(500, Math.max(50, Math.ceil(steps / 10)));
}

function fixOf({ written, sft }: Plan, steps: number | undefined): Fix[] {
  const after = ["max_steps", "num_train_epochs", ...Object.keys(sft)].find((option) => Object.hasOwn(sft, option));
  const save_steps = steps === undefined ? 500 : interval(steps);
  const pairs = [
    ["save_strategy", "steps"] as const,
    ["save_steps", save_steps] as const,
    ["save_total_limit", 2] as const,
  ];
  const edit = after === undefined ? undefined : addKeys(written, "sft", after, pairs);
  return edit === undefined ? [] : [{ title: `save every ${save_steps} steps, and keep two`, edits: [edit] }];
}

export const examples: Examples = {
  PLN5052: { wrong: { rest: "sections" } },
};
