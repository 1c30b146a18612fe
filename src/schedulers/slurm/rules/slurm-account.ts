import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";

export const PLN5032 = diagnostic("PLN5032", {
  severity: "warning",
  messages: {
    default: text`the job names neither an account nor a partition: Slurm takes your defaults, and many sites refuse a job for GPUs then`,
  },
  help: "write account and partition; sacctmgr show associations and sinfo list what you have",
});

/** Most sites want to know who pays, or where the GPUs are. */
export const slurmAccount: Rule<PlanFacts> = {
  name: "slurm-account",
  *check({ plan }) {
    const section = plan.cluster.scheduler;
    if (section.kind !== "slurm" || section.account !== undefined || section.partition !== undefined) return;
    yield PLN5032(plan.written.at("cluster.scheduler.kind"), {});
  },
};

export const pages = {
  PLN5032: {
    title: "a Slurm job without account and partition",
    docs: `Where neither is given Slurm takes the user's default account and the cluster's default partition, which often has no GPUs:
the job is refused when it is submitted, or waits for ever.

Wrong:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, time: "24:00:00" }
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, account: proj-1234, partition: gpu, time: "24:00:00" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "neither of them",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, qos: normal } }
#@ [79:84) PLN5032 warning: the job names neither an account nor a partition: Slurm takes your defaults, and many sites refuse a job for GPUs then
#@   help: write account and partition; sacctmgr show associations and sinfo list what you have
`,
  },
  {
    name: "one of them",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, account: mine } }
`,
  },
];
