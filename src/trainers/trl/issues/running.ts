/** What is wrong with how the trainer saves, goes on and starts, where a bundle does it by itself. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import type { ConditionedIssue } from "../../../stack/issue.ts";
import type { PlanFacts } from "../facts.ts";

const saving = ["save_steps", "save_strategy", "save_total_limit"];

/** The first option that asks for checkpoints on the way. */
function savingAt({ plan }: PlanFacts) {
  if (plan.options["save_strategy"] === "no") return undefined;
  const option = saving.find((name) => isWritten(plan, name));
  return option === undefined ? undefined : optionAt(plan, option);
}

export const expertsNotResumed: ConditionedIssue<PlanFacts> = {
  id: "experts-not-resumed",
  package: "transformers",
  from: "5.0.0",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "the trainer's own way to go on from a checkpoint leaves the experts as the base checkpoint has them, with a warning",
  where: "the plan saves checkpoints on the way",
  workaround: "load the checkpoint anew with from_pretrained",
  link: "https://github.com/huggingface/transformers/issues/48805",
  bundle: "its checkpoints hold every parameter by rank, and --resume reads all of them back",
  at: savingAt,
};

export const shardedNotSaved: ConditionedIssue<PlanFacts> = {
  id: "sharded-not-saved",
  package: "transformers",
  from: "5.18.0",
  effect: "failure",
  severity: "refuse",
  symptom:
    "the trainer refuses to save a sharded model on the way, unless save_only_model is on, from which nothing is resumed",
  where: "the plan saves checkpoints on the way",
  workaround: "write save_only_model: true, and do without the optimizer's states",
  link: "https://github.com/huggingface/transformers/issues/48569",
  bundle: "each rank saves its share of model and optimizer while the steps go on",
  at: savingAt,
};

export const tpNotOnCpu: ConditionedIssue<PlanFacts> = {
  id: "tp-not-on-cpu",
  package: "accelerate",
  effect: "failure",
  severity: "refuse",
  symptom: "the trainer does not start on CPU processes with tp_size above 1: ParallelismConfig refuses them",
  where: "tp_size is above 1, in a rehearsal",
  workaround: "rehearse without tp_size",
  bundle: "planc rehearse runs forward and backward of such a mesh without the trainer",
  at: ({ plan }) => (plan.parallelism.tp_size > 1 ? plan.written.at("parallelism.tp_size") : undefined),
};

export const examplesOfIssues: IssueExamples = {
  "experts-not-resumed": {
    meets: { plan: "\nsft: { save_steps: 50 }\n" },
    misses: { plan: '\nsft: { save_strategy: "no" }\n' },
  },
  "sharded-not-saved": {
    meets: { plan: "\nsft: { save_strategy: epoch }\n" },
    misses: { plan: '\nsft: { save_strategy: "no" }\n' },
  },
  "tp-not-on-cpu": {
    meets: { plan: "\nparallelism: { tp_size: 2, fsdp_size: 4 }\n" },
    misses: { plan: "\nparallelism: { fsdp_size: 8 }\n" },
  },
};
