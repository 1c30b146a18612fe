/** What is wrong with evaluations on the way. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import { optionAt } from "../../../plan/task.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import type { ModelFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";

export const evaluatedBeforeTraining: ConditionedIssue<ModelFacts> = {
  id: "evaluated-before-training",
  package: "transformers",
  fixed_in: "5.24.0",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "after a call of evaluate() before train() the optimizer holds parameters that FSDP has put aside, and steps do not reach the model",
  where: "the plan evaluates, and fsdp_size is above 1",
  workaround: "evaluate inside train(): eval_on_start",
  bundle: "train.py calls train() alone, which evaluates when its optimizer is made, eval_on_start too",
  at(facts) {
    const { plan, sizes } = facts;
    if (sizes.fsdp_size === 1 || plan.data.evaluation === undefined) return undefined;
    if (plan.options["eval_on_start"] === true) return optionAt(plan, "eval_on_start");
    return optionValue(facts, "eval_strategy") === "no" ? undefined : optionAt(plan, "eval_strategy");
  },
};

export const evaluationCountsTpRanks: ReportedIssue = {
  id: "evaluation-counts-tp-ranks",
  package: "accelerate",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "losses that are gathered in an evaluation count the ranks of a tp group, which have the same rows, as rows of their own",
  where: "the plan evaluates, and tp_size is above 1",
  workaround: "set tp_size to 1, or evaluate the saved model in a job of its own",
  rule: "data-evaluation",
};

export const evaluationPackedAlone: ReportedIssue = {
  id: "evaluation-packed-alone",
  package: "trl",
  effect: "wrong",
  severity: "refuse",
  symptom: "rows of an evaluation that are packed where training rows are not reach the model as one text",
  where: "eval_packing is on, and training rows are neither packed nor padding_free",
  workaround: "drop eval_packing, or pack the training rows as well",
  rule: "packed-evaluation",
};

export const examplesOfIssues: IssueExamples = {
  "evaluated-before-training": {
    meets: {
      versions: { transformers: "5.23.0" },
      plan: "\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { eval_strategy: epoch }\n",
    },
    misses: {
      versions: { transformers: "5.24.0" },
      plan: "\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { eval_strategy: epoch }\n",
    },
  },
  "evaluation-counts-tp-ranks": {
    meets: {
      plan: "\nparallelism: { fsdp_size: 4, tp_size: 2 }\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { eval_strategy: epoch }\n",
    },
    misses: {
      plan: "\nparallelism: { fsdp_size: 8 }\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { eval_strategy: epoch }\n",
    },
  },
  "evaluation-packed-alone": {
    meets: {
      plan: "\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { packing: false, eval_packing: true, eval_strategy: epoch, max_length: 1024, per_device_train_batch_size: 1 }\n",
    },
    misses: {
      plan: "\ndata: { path: data/train.jsonl, eval_split: test }\nsft: { packing: true, eval_packing: true, eval_strategy: epoch, max_length: 1024, per_device_train_batch_size: 1 }\n",
    },
  },
};
