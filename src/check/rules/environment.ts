import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { Plan } from "../../plan/plan.ts";
import type { PlanFacts } from "../../stack/facts.ts";

export const PLN5027 = diagnostic("PLN5027", {
  severity: "error",
  messages: { default: text`cluster.env cannot set ${"name"}: ${"why"}` },
  help: "leave it out",
});

/** Names that `cluster.env` cannot set, and who has them. */
const names: readonly (readonly [names: string, why: string])[] = [
  [
    "BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_CMDS BASH_COMMAND BASH_LINENO BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO COMP_WORDBREAKS " +
      "DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO OPTIND PIPESTATUS PPID RANDOM SECONDS " +
      "SHELLOPTS SHLVL SRANDOM UID _",
    "bash, which runs launch.sh, keeps it for itself",
  ],
  [
    "RANK LOCAL_RANK GROUP_RANK ROLE_RANK ROLE_NAME WORLD_SIZE LOCAL_WORLD_SIZE GROUP_WORLD_SIZE ROLE_WORLD_SIZE",
    "torchrun sets it for each process",
  ],
  [
    "activate again bundle converted gpus_per_node is_host job meeting network nodes plan python stage status PLANC_RANKS PLANC_STAGE",
    "launch.sh uses it",
  ],
];
const reasons: ReadonlyMap<string, string> = new Map(
  names.flatMap(([list, why]) => list.split(" ").map((name) => [name, why] as const)),
);

/** Every variable of `cluster.env` reaches the job as it is written. */
export const environment: Rule<PlanFacts> = {
  name: "environment",
  *check({ plan }) {
    yield* taken(plan, (name) => reasons.get(name));
  },
};

/** Refuses the variables of `cluster.env` that somebody else sets; `why` knows who. */
export function* taken(
  { cluster, written }: Pick<Plan, "cluster" | "written">,
  why: (name: string) => string | undefined,
): Iterable<Diagnostic> {
  for (const name of Object.keys(cluster.env)) {
    const reason = why(name);
    if (reason !== undefined) yield PLN5027(written.at(["cluster", "env", name], "key"), { name, why: reason });
  }
}

export const pages = {
  PLN5027: {
    title: "environment variable that cannot be set",
    docs: `Some names are not free: bash makes a few variables read-only or computes them anew, torchrun tells every process
its rank by others, and \`launch.sh\` has a few of its own. What \`cluster.env\` says of them would stop the job or be lost.

Wrong:

\`\`\`yaml
cluster:
  env: { WORLD_SIZE: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster:
  nodes: 1
  gpus_per_node: 8
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a variable of each owner",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  env:
    UID: "0"
#@ [05:08) PLN5027 cluster.env cannot set UID: bash, which runs launch.sh, keeps it for itself
#@   help: leave it out
    WORLD_SIZE: "8"
#@ [05:15) PLN5027 cluster.env cannot set WORLD_SIZE: torchrun sets it for each process
#@   help: leave it out
    nodes: "2"
#@ [05:10) PLN5027 cluster.env cannot set nodes: launch.sh uses it
#@   help: leave it out
    NCCL_DEBUG: INFO
`,
  },
  {
    name: "between braces, and written as a number",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { RANK: 0 } }
#@ [67:71) PLN5027 cluster.env cannot set RANK: torchrun sets it for each process
#@   help: leave it out
`,
  },
  {
    name: "names that only look like those",
    shows: "nothing",
    plan: `
cluster:
  env: { MASTER_ADDR: node0, MASTER_PORT: "1", PYTHONPATH: /lib, uid: "1", Nodes: "1", constructor: x }
`,
  },
  {
    name: "what Slurm and job.slurm set",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: slurm, partition: gpu }
  env:
    SLURM_NTASKS: "8"
#@ [05:17) PLN5027 cluster.env cannot set SLURM_NTASKS: Slurm sets it
#@   help: leave it out
    SBATCH_ACCOUNT: mine
#@ [05:19) PLN5027 cluster.env cannot set SBATCH_ACCOUNT: Slurm sets it
#@   help: leave it out
    NODE_RANK: "0"
#@ [05:14) PLN5027 cluster.env cannot set NODE_RANK: job.slurm sets it on each node
#@   help: leave it out
    MASTER_PORT: "29400"
`,
  },
  {
    name: "what they set, in a job of nobody's",
    shows: "nothing",
    plan: `
cluster: { env: { SLURM_NTASKS: "8", NODE_RANK: "0" } }
`,
  },
  {
    name: "what Kubernetes and Kubeflow Trainer tell each pod",
    plan: `
cluster:
  env: { NODE_RANK: 0, PET_NNODES: 2, JOB_COMPLETION_INDEX: 1, KUBERNETES_SERVICE_HOST: here, NCCL_DEBUG: INFO }
#@ [10:19) PLN5027 cluster.env cannot set NODE_RANK: each pod is told its own
#@   help: leave it out
#@ [24:34) PLN5027 cluster.env cannot set PET_NNODES: Kubeflow Trainer sets it in each pod, and launch.sh hands it on
#@   help: leave it out
#@ [39:59) PLN5027 cluster.env cannot set JOB_COMPLETION_INDEX: Kubernetes sets it in each pod
#@   help: leave it out
#@ [64:87) PLN5027 cluster.env cannot set KUBERNETES_SERVICE_HOST: Kubernetes sets it in each pod
#@   help: leave it out
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
];
