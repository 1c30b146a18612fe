import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Plan } from "../../../plan/plan.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";
import { evaluationCountsTpRanks } from "../issues/evaluation.ts";
import { optionValue } from "../options/defaults.ts";

export const PLN2202 = diagnostic("PLN2202", {
  severity: "error",
  messages: {
    default: text`${"name"} ${"written"} asks for evaluations, and the plan has no rows for them`,
    strategy: text`${"name"} ${"written"} goes by what evaluations find, and eval_strategy asks for none`,
  },
  help: "write data.eval_path or data.eval_split, and eval_strategy: steps with eval_steps, or epoch, among the trainer's options",
});

export const PLN2203 = diagnostic("PLN2203", {
  severity: "warning",
  messages: { default: text`${"key"} has no effect: nothing asks for an evaluation` },
  help: "write eval_strategy: steps with eval_steps, or epoch, among the trainer's options",
});

export const PLN2205 = diagnostic("PLN2205", {
  severity: "error",
  messages: {
    default: text`metric_for_best_model ${"written"} is nothing that an evaluation returns`,
    missing: text`${"name"} ${"written"} needs metric_for_best_model: without it nothing is saved`,
  },
  help: "write metric_for_best_model: loss",
});

export const PLN2207 = diagnostic("PLN2207", {
  severity: "error",
  messages: { default: text`evaluations do not weigh every row once over tp_size ${"tp_size"}` },
  help: "set tp_size to 1, or evaluate the saved model in a job of its own",
});

/** Option → the values of it that need an evaluation, which `eval_strategy` alone asks for. */
const needing: Readonly<Record<string, readonly unknown[]>> = {
  lr_scheduler_type: ["reduce_lr_on_plateau", "greedy"],
  save_strategy: ["best"],
};

/** What the trainer's own evaluation returns; the other figures of its log come later. */
const returned: readonly string[] = ["loss", "runtime", "samples_per_second", "steps_per_second"];

/** Evaluations need rows, rows for evaluations an evaluation, and what follows a metric one that there is. */
export const dataEvaluation: Rule<PlanFacts> = {
  name: "data-evaluation",
  *check(facts) {
    const { plan } = facts;
    const { evaluation } = plan.data;
    const strategy = optionValue(facts, "eval_strategy");
    const isRegular = strategy === "steps" || strategy === "epoch";
    const isFirst = plan.options["eval_on_start"] === true;
    if (evaluation === undefined) {
      if (isRegular) yield PLN2202(optionAt(plan, "eval_strategy"), { name: "eval_strategy", written: show(strategy) });
      if (isFirst) yield PLN2202(optionAt(plan, "eval_on_start"), { name: "eval_on_start", written: "true" });
    } else if (!isRegular && !isFirst) {
      const key = plan.written.has("data.eval_path") ? "data.eval_path" : "data.eval_split";
      yield PLN2203(plan.written.at(key, "key"), { key });
    }
    const { tp_size } = plan.parallelism;
    if (evaluation !== undefined && tp_size > 1 && (isRegular || isFirst))
      yield PLN2207(
        optionAt(plan, isRegular ? "eval_strategy" : "eval_on_start"),
        { tp_size },
        {
          related: [{ message: `tp_size is ${tp_size} here`, location: plan.written.at("parallelism.tp_size") }],
          issue: evaluationCountsTpRanks,
        },
      );
    for (const [name, values] of Object.entries(needing)) {
      const written = plan.options[name];
      if (isRegular || !values.includes(written)) continue;
      yield PLN2202(optionAt(plan, name), { name, written: String(written) }, { variant: "strategy" });
    }
    yield* metric(plan);
  },
};

function* metric(plan: Plan) {
  const written = plan.options["metric_for_best_model"];
  if (plan.options["save_strategy"] === "best" && (written === undefined || written === null)) {
    const values = { name: "save_strategy", written: "best" };
    yield PLN2205(optionAt(plan, "save_strategy"), values, { variant: "missing" });
  }
  if (typeof written !== "string" || returned.includes(written.replace(/^eval_/, ""))) return;
  yield PLN2205(optionAt(plan, "metric_for_best_model"), { written: show(written) });
}

export const pages = {
  PLN2202: {
    title: "evaluation without rows",
    docs: `The trainer stops when it is told to evaluate and gets no rows. \`data.eval_path\` names a file, a folder or a Hub id;
\`data.eval_split\` alone is a split or a slice of \`data.path\`. A schedule that goes by the evaluation's loss, and saving the best
checkpoint, need \`eval_strategy\`: without it nothing is ever saved or lowered.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[500:]", eval_split: "train[:500]" }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
  PLN2203: {
    title: "rows for evaluations that nothing asks for",
    docs: `Rows for evaluations are read only where the trainer evaluates on its way: \`eval_strategy\` is \`no\` unless the plan says
otherwise.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
  PLN2205: {
    title: "metric that evaluations do not have",
    docs: `The trainer looks for the metric in what its evaluation returns: \`loss\`, \`runtime\`, \`samples_per_second\`,
\`steps_per_second\`. Accuracy and entropy are added to the log only afterwards; asking for them stops the run at the first
evaluation. The best checkpoint is chosen by evaluations, which need rows: \`data.eval_path\` or \`data.eval_split\`.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, eval_split: test }
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: mean_token_accuracy }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, eval_split: test }
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: loss }
\`\`\``,
  },
  PLN2207: {
    title: "evaluation over tensor parallel ranks",
    docs: `Ranks of a tp group hold the same rows. When losses are gathered after the last step of an evaluation, accelerate cuts the
list to as many as there are rows left, and counts each rank's loss as a row of its own: where the rows do not divide evenly,
some count twice and others not at all.

Wrong:

\`\`\`yaml
parallelism: { fsdp_size: 4, tp_size: 2 }
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: epoch }
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8 }
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_strategy: epoch }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "evaluations without rows, at the start and on the way",
    plan: `
sft:
  eval_strategy: epoch
#@ [18:23) PLN2202 eval_strategy "epoch" asks for evaluations, and the plan has no rows for them
#@   help: write data.eval_path or data.eval_split, and eval_strategy: steps with eval_steps, or epoch, among the trainer's options
  eval_on_start: true
#@ [18:22) PLN2202 eval_on_start true asks for evaluations, and the plan has no rows for them
#@   help: write data.eval_path or data.eval_split, and eval_strategy: steps with eval_steps, or epoch, among the trainer's options
`,
  },
  {
    name: "strategies that nothing is measured for: an evaluation at the start alone is none to compare with",
    plan: `
data: { path: data/train.jsonl, eval_path: data/held-out.jsonl }
sft: { eval_on_start: true, lr_scheduler_type: greedy, save_strategy: best, metric_for_best_model: loss }
#@ [48:54) PLN2202 lr_scheduler_type greedy goes by what evaluations find, and eval_strategy asks for none
#@   help: write data.eval_path or data.eval_split, and eval_strategy: steps with eval_steps, or epoch, among the trainer's options
#@ [71:75) PLN2202 save_strategy best goes by what evaluations find, and eval_strategy asks for none
#@   help: write data.eval_path or data.eval_split, and eval_strategy: steps with eval_steps, or epoch, among the trainer's options
`,
  },
  {
    name: "rows for evaluations, and no evaluation",
    plan: `
data:
  path: data/train.jsonl
  eval_path: data/held-out.jsonl
#@ [03:12) PLN2203 warning: data.eval_path has no effect: nothing asks for an evaluation
#@   help: write eval_strategy: steps with eval_steps, or epoch, among the trainer's options
  eval_split: test
`,
  },
  {
    plan: `
data: { path: data/train.jsonl, eval_split: test }
#@ [33:43) PLN2203 warning: data.eval_split has no effect: nothing asks for an evaluation
#@   help: write eval_strategy: steps with eval_steps, or epoch, among the trainer's options
`,
  },
  {
    name: "a metric that evaluations do not return, and none",
    plan: `
data: { path: data/train.jsonl, eval_split: test }
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: mean_token_accuracy }
#@ [74:93) PLN2205 metric_for_best_model "mean_token_accuracy" is nothing that an evaluation returns
#@   help: write metric_for_best_model: loss
`,
  },
  {
    plan: `
data: { path: data/train.jsonl, eval_split: test }
sft:
  eval_strategy: epoch
  save_strategy: best
#@ [18:22) PLN2205 save_strategy best needs metric_for_best_model: without it nothing is saved
#@   help: write metric_for_best_model: loss
`,
  },
  {
    name: "evaluations on the way over tensor parallel ranks",
    plan: `
parallelism: { fsdp_size: 4, tp_size: 2 }
data: { path: data/train.jsonl, eval_split: test }
sft: { eval_on_start: true, eval_strategy: epoch }
#@ [44:49) PLN2207 evaluations do not weigh every row once over tp_size 2
#@   help: set tp_size to 1, or evaluate the saved model in a job of its own
#@   issue: evaluation-counts-tp-ranks
#@   related 1:[39:40) tp_size is 2 here
`,
  },
  {
    name: "an evaluation at the start alone over tensor parallel ranks",
    plan: `
parallelism: { fsdp_size: 4, tp_size: 2 }
data: { path: data/train.jsonl, eval_split: test }
sft: { eval_on_start: true }
#@ [23:27) PLN2207 evaluations do not weigh every row once over tp_size 2
#@   help: set tp_size to 1, or evaluate the saved model in a job of its own
#@   issue: evaluation-counts-tp-ranks
#@   related 1:[39:40) tp_size is 2 here
`,
  },
  {
    name: "other rows, another part of a split, and the metric that there is",
    shows: "nothing",
    plan: `
data: { path: data/train.jsonl, split: "train[500:]", eval_split: "train[:500]" }
sft: { eval_strategy: epoch, save_strategy: best, metric_for_best_model: eval_loss, lr_scheduler_type: greedy }
`,
  },
];
