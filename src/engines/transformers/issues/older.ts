/**
 * What was wrong with releases before the oldest that planc knows: why they are refused. Told from the plan alone, since a
 * plan for such a release is refused before its model is read.
 */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { ConditionedIssue } from "../../../stack/issue.ts";
import type { MeshSizes } from "../../../stack/mesh.ts";
import type { PlanFacts } from "../facts.ts";
import { solveSizes } from "../mesh/solve.ts";

function sizesOf(plan: Plan): MeshSizes {
  return solveSizes(plan, { world_size: plan.cluster.nodes * plan.cluster.gpus_per_node });
}

const ep = ({ plan }: PlanFacts) => (sizesOf(plan).ep_size > 1 ? plan.written.at("parallelism.ep_size") : undefined);

const upgrade = "take a newer release of transformers";
const issueUrl = "https://github.com/huggingface/transformers/issues/";

export const epGradientsDivided: ConditionedIssue<PlanFacts> = {
  id: "ep-gradients-divided",
  package: "transformers",
  from: "5.20.0",
  fixed_in: "5.23.0",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "where ep_size equals fsdp_size * tp_size, the gradients of the experts come out divided by fsdp_size, without a message",
  where: "ep_size equals fsdp_size * tp_size, and fsdp_size is above 1",
  workaround: upgrade,
  link: "https://github.com/huggingface/transformers/releases/tag/v5.23.0",
  at(facts) {
    const { ep_size, fsdp_size, tp_size } = sizesOf(facts.plan);
    return fsdp_size > 1 && ep_size === fsdp_size * tp_size ? ep(facts) : undefined;
  },
};

export const epSizeIsTpSize: ConditionedIssue<PlanFacts> = {
  id: "ep-size-is-tp-size",
  package: "transformers",
  from: "5.19.0",
  fixed_in: "5.20.0",
  effect: "failure",
  severity: "refuse",
  symptom: "it refuses every ep_size other than tp_size",
  where: "ep_size is above 1 and not tp_size",
  workaround: upgrade,
  at: (facts) => (facts.plan.parallelism.ep_size === facts.plan.parallelism.tp_size ? undefined : ep(facts)),
};

export const epNoSize: ConditionedIssue<PlanFacts> = {
  id: "ep-no-size",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.19.0",
  effect: "failure",
  severity: "refuse",
  symptom: "it has no ep_size, and its expert-parallel ranks share one batch",
  where: "ep_size is above 1",
  workaround: upgrade,
  at: ep,
};

export const tpDropsFsdp: ConditionedIssue<PlanFacts> = {
  id: "tp-drops-fsdp",
  package: "transformers",
  from: "5.17.0",
  fixed_in: "5.18.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "fsdp_size beside tp_size is dropped on some ranks, without a message",
  where: "tp_size and fsdp_size are above 1",
  workaround: upgrade,
  link: `${issueUrl}48516`,
  at: tpAndFsdp,
};

export const tpBesideFsdp: ConditionedIssue<PlanFacts> = {
  id: "tp-beside-fsdp",
  package: "transformers",
  from: "5.13.0",
  fixed_in: "5.17.0",
  effect: "failure",
  severity: "refuse",
  symptom: "it refuses fsdp_size beside tp_size",
  where: "tp_size and fsdp_size are above 1",
  workaround: upgrade,
  link: `${issueUrl}48516`,
  at: tpAndFsdp,
};

function tpAndFsdp({ plan }: PlanFacts) {
  const { tp_size, fsdp_size } = sizesOf(plan);
  return tp_size > 1 && fsdp_size > 1 ? plan.written.at("parallelism.tp_size") : undefined;
}

export const epGradientsIncomplete: ConditionedIssue<PlanFacts> = {
  id: "ep-gradients-incomplete",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.17.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "gradients outside the experts lack the share of the other ranks' experts, and become NaN",
  where: "ep_size is above 1",
  workaround: upgrade,
  link: `${issueUrl}48205`,
  at: ep,
};

export const epTrainerStops: ConditionedIssue<PlanFacts> = {
  id: "ep-trainer-stops",
  package: "transformers",
  from: "5.13.0",
  fixed_in: "5.17.0",
  effect: "failure",
  severity: "refuse",
  symptom: "the trainer stops at the first step, where it clips gradients or the optimizer meets tensors of two kinds",
  where: "ep_size is above 1",
  workaround: upgrade,
  link: `${issueUrl}48208`,
  at: ep,
};

export const epRoutersBreak: ConditionedIssue<PlanFacts> = {
  id: "ep-routers-break",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.13.0",
  effect: "failure",
  severity: "refuse",
  symptom: "the routers of many families break under expert parallelism, and others have no expert-parallel plan",
  where: "ep_size is above 1",
  workaround: upgrade,
  link: `${issueUrl}46818`,
  at: ep,
};

export const epWrongExperts: ConditionedIssue<PlanFacts> = {
  id: "ep-wrong-experts",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.6.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "with ep_size above 1 tokens reach the wrong experts",
  where: "ep_size is above 1",
  workaround: upgrade,
  link: `${issueUrl}45473`,
  at: ep,
};

export const lossTimesTp: ConditionedIssue<PlanFacts> = {
  id: "loss-times-tp",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.10.1",
  effect: "wrong",
  severity: "refuse",
  symptom: "the loss that is logged is tp_size times the loss",
  where: "tp_size is above 1",
  workaround: upgrade,
  link: `${issueUrl}45994`,
  at: ({ plan }) => (plan.parallelism.tp_size > 1 ? plan.written.at("parallelism.tp_size") : undefined),
};

export const noReplicas: ConditionedIssue<PlanFacts> = {
  id: "no-replicas",
  package: "transformers",
  fixed_in: "5.23.0",
  effect: "failure",
  severity: "refuse",
  symptom: "it has no dp_replicate_size",
  where: "dp_replicate_size is above 1",
  workaround: "shard over fsdp_size alone, or take a newer release of transformers",
  at: ({ plan }) =>
    plan.parallelism.dp_replicate_size > 1 ? plan.written.at("parallelism.dp_replicate_size") : undefined,
};

export const noFsdp: ConditionedIssue<PlanFacts> = {
  id: "no-fsdp-size",
  package: "transformers",
  fixed_in: "5.13.0",
  effect: "failure",
  severity: "refuse",
  symptom: "it has no fsdp_size",
  where: "fsdp_size is above 1",
  workaround: upgrade,
  at: ({ plan }) => (sizesOf(plan).fsdp_size > 1 ? plan.written.at("parallelism.fsdp_size") : undefined),
};

export const epNoTraining: ConditionedIssue<PlanFacts> = {
  id: "ep-no-training",
  package: "transformers",
  fixed_in: "5.0.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "it has no expert parallelism for training",
  where: "ep_size is above 1",
  workaround: upgrade,
  at: ep,
};

const whole = "\nparallelism: { ep_size: 8, fsdp_size: 8 }\n";
const half = "\nparallelism: { ep_size: 4, fsdp_size: 8 }\n";
const none = "\nparallelism: { fsdp_size: 8 }\n";
const both = "\nparallelism: { tp_size: 2, fsdp_size: 4 }\n";

export const examplesOfIssues: IssueExamples = {
  "ep-gradients-divided": {
    meets: { versions: { transformers: "5.22.2" }, plan: whole },
    misses: { versions: { transformers: "5.22.2" }, plan: half },
  },
  "ep-size-is-tp-size": {
    meets: { versions: { transformers: "5.19.0" }, plan: whole },
    misses: { versions: { transformers: "5.19.0" }, plan: "\nparallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4 }\n" },
  },
  "ep-no-size": {
    meets: { versions: { transformers: "5.18.0" }, plan: half },
    misses: { versions: { transformers: "5.18.0" }, plan: none },
  },
  "tp-drops-fsdp": {
    meets: { versions: { transformers: "5.17.0" }, plan: both },
    misses: { versions: { transformers: "5.18.0" }, plan: both },
  },
  "tp-beside-fsdp": {
    meets: { versions: { transformers: "5.16.0" }, plan: both },
    misses: { versions: { transformers: "5.16.0" }, plan: none },
  },
  "ep-gradients-incomplete": {
    meets: { versions: { transformers: "5.16.3" }, plan: half },
    misses: { versions: { transformers: "5.17.0" }, plan: half },
  },
  "ep-trainer-stops": {
    meets: { versions: { transformers: "5.13.0" }, plan: half },
    misses: { versions: { transformers: "5.12.0" }, plan: half },
  },
  "ep-routers-break": {
    meets: { versions: { transformers: "5.12.1" }, plan: half },
    misses: { versions: { transformers: "5.12.1" }, plan: none },
  },
  "ep-wrong-experts": {
    meets: { versions: { transformers: "5.5.4" }, plan: half },
    misses: { versions: { transformers: "5.6.0" }, plan: half },
  },
  "loss-times-tp": {
    meets: { versions: { transformers: "5.9.0" }, plan: both },
    misses: { versions: { transformers: "5.9.0" }, plan: none },
  },
  "no-replicas": {
    meets: {
      versions: { transformers: "5.22.2" },
      plan: "\nparallelism: { ep_size: 2, fsdp_size: 4, dp_replicate_size: 2 }\n",
    },
    misses: { versions: { transformers: "5.22.2" }, plan: half },
  },
  "no-fsdp-size": {
    meets: { versions: { transformers: "5.6.0" }, plan: none },
    misses: { versions: { transformers: "5.13.0" }, plan: none },
  },
  "ep-no-training": {
    meets: { versions: { transformers: "4.57.6" }, plan: half },
    misses: { versions: { transformers: "4.57.6" }, plan: none },
  },
};
