import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Fix, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { addKeys } from "../../../plan/add-keys.ts";
import type { Plan } from "../../../plan/plan.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import { count, plural } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";

export const PLN5052 = diagnostic("PLN5052", {
  severity: "warning",
  messages: {
    default: text`${"length"} and no checkpoint on the way: what ends the run early takes all of it`,
    late: text`${"length"} and the first checkpoint after step ${"save_steps"}: what ends the run early takes all of it`,
  },
  help: 'write save_steps, or save_strategy: "no" to say that nothing is to be kept',
});

/** Steps from which a run is worth a checkpoint: loading the model again costs minutes, and so do fewer steps. */
const manySteps = 100;

/** A long run that keeps nothing before its end. A written `save_strategy: "no"` is the author's decision. */
export const nothingSaved: Rule<PlanFacts> = {
  name: "nothing-saved",
  *check(facts) {
    const { plan } = facts;
    const [steps, strategy] = [stepsOf(facts), optionValue(facts, "save_strategy")];
    if (steps !== undefined && steps < manySteps) return;
    const length = steps === undefined ? epochsOf(facts) : plural(steps, "step");
    if (strategy === "no" && !isWritten(plan, "save_strategy")) {
      yield PLN5052(placeOf(plan), { length }, { fixes: fixOf(plan, steps) });
    } else if (strategy === "steps" && steps !== undefined) {
      const save_steps = optionValue(facts, "save_steps");
      if (typeof save_steps !== "number" || save_steps < steps) return;
      const isSet = isWritten(plan, "save_steps");
      const place = isSet ? optionAt(plan, "save_steps") : placeOf(plan);
      const fixes = isSet ? [replaceWith(place, interval(steps))] : [];
      yield PLN5052(place, { length, save_steps: count(save_steps) }, { variant: "late", fixes });
    }
  },
};

/** Undefined where the length is given in epochs. */
function stepsOf(facts: PlanFacts): number | undefined {
  const steps = optionValue(facts, "max_steps");
  return typeof steps === "number" && steps > 0 ? steps : undefined;
}

function epochsOf(facts: PlanFacts): string {
  const epochs = Number(optionValue(facts, "num_train_epochs"));
  return epochs === 1 ? "an epoch" : `${epochs} epochs`;
}

function placeOf(plan: Plan) {
  const name = ["max_steps", "num_train_epochs"].find((option) => isWritten(plan, option));
  return name === undefined ? plan.written.at(plan.task, "key") : optionAt(plan, name);
}

/** Ten checkpoints or so, none sooner than 50 steps after another; the trainer's own default is 500. */
function interval(steps: number): number {
  return Math.min(500, Math.max(50, Math.ceil(steps / 10)));
}

function fixOf(plan: Plan, steps: number | undefined): Fix[] {
  const { written, task, options } = plan;
  const after = ["max_steps", "num_train_epochs", ...Object.keys(options)].find((option) =>
    Object.hasOwn(options, option),
  );
  const save_steps = steps === undefined ? 500 : interval(steps);
  // A null is written, and stays: a key cannot stand twice.
  const limit = isWritten(plan, "save_total_limit") ? [] : [["save_total_limit", 2] as const];
  const pairs = [["save_strategy", "steps"] as const, ["save_steps", save_steps] as const, ...limit];
  const edit = after === undefined || isWritten(plan, "save_steps") ? undefined : addKeys(written, task, after, pairs);
  const title = `save every ${save_steps} steps${limit.length > 0 ? ", and keep two" : ""}`;
  return edit === undefined ? [] : [{ title, edits: [edit] }];
}

export const pages = {
  PLN5052: {
    title: "a long run that saves nothing on its way",
    docs: `A run keeps its trained model at the end. A machine that fails before that takes everything, unless the run saved checkpoints:
then \`./launch.sh --resume\` goes on from the newest. Without \`save_strategy\`, \`save_steps\` or \`save_total_limit\` planc saves none, since a
checkpoint with its optimizer states is large (12 bytes a parameter in float32).

planc says so from 100 steps on, and where the length of a run is given in epochs, which nobody can count beforehand. A step of a model
with experts takes seconds to a minute, so a hundred are between some minutes and hours; loading the model again takes minutes, and for less than
that a checkpoint is not worth its disk. Where \`save_strategy: "no"\` is written the plan has decided, and nothing is said.

Wrong:

\`\`\`yaml
sft:
  max_steps: 100
\`\`\`

Right:

\`\`\`yaml
sft:
  max_steps: 100
  save_strategy: steps
  save_steps: 50
  save_total_limit: 2
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN5052: { wrong: { rest: "sections" } },
};

export const cases: readonly Case[] = [
  {
    name: "steps, in a block",
    rest: "sections",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  max_steps: 100
#@ [14:17) PLN5052 warning: 100 steps and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 50 steps, and keep two" -> fine
#@     +   save_strategy: steps
#@     +   save_steps: 50
#@     +   save_total_limit: 2
`,
  },
  {
    name: "no limit, written as null",
    rest: "sections",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  save_total_limit: null
  max_steps: 100
#@ [14:17) PLN5052 warning: 100 steps and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 50 steps" -> fine
#@     +   save_strategy: steps
#@     +   save_steps: 50
`,
  },
  {
    name: "steps, between braces",
    rest: "sections",
    plan: `
sft: { max_steps: 2000, max_length: 4096, per_device_train_batch_size: 1 }
#@ [19:23) PLN5052 warning: 2,000 steps and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 200 steps, and keep two" -> fine
#@     - sft: { max_steps: 2000, max_length: 4096, per_device_train_batch_size: 1 }
#@     + sft: { max_steps: 2000, save_strategy: steps, save_steps: 200, save_total_limit: 2, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "an epoch",
    rest: "sections",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  num_train_epochs: 1
#@ [21:22) PLN5052 warning: an epoch and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 500 steps, and keep two" -> fine
#@     +   save_strategy: steps
#@     +   save_steps: 500
#@     +   save_total_limit: 2
`,
  },
  {
    name: "the length is not written",
    rest: "sections",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ [01:04) PLN5052 warning: 3 epochs and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 500 steps, and keep two" -> fine
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@     + sft: { max_length: 4096, save_strategy: steps, save_steps: 500, save_total_limit: 2, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "no option is written",
    rest: "sections",
    plan: `
sft: {}
#@ [01:04) PLN5052 warning: 3 epochs and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
`,
  },
  {
    name: "a checkpoint that the run does not reach",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  max_steps: 300
  save_steps: 500
#@ [15:18) PLN5052 warning: 300 steps and the first checkpoint after step 500: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "change it to 50" -> fine
`,
  },
  {
    name: "a checkpoint at the end",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 100000, save_steps: 100000 }
#@ [89:95) PLN5052 warning: 100,000 steps and the first checkpoint after step 100,000: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "change it to 500" -> fine
`,
  },
  {
    name: "the trainer's own steps",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 300, save_strategy: steps }
#@ [69:72) PLN5052 warning: 300 steps and the first checkpoint after step 500: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
`,
  },
  {
    name: "a short run",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 99, save_steps: 99 }
`,
  },
  {
    name: "a step less",
    shows: "nothing",
    rest: "sections",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 99 }
`,
  },
  {
    name: "a step before the end",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 300, save_steps: 299 }
`,
  },
  {
    name: "nothing is to be kept",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 300, save_strategy: "no" }
`,
  },
  {
    name: "steps of an unknown length",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, num_train_epochs: 3, save_strategy: steps }
`,
  },
  {
    name: "a share of the steps",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, max_steps: 300, save_steps: 0.5 }
`,
  },
  {
    name: "every epoch",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, num_train_epochs: 3, save_strategy: epoch }
`,
  },
];
