import { taken } from "../../../check/rules/environment.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";

/** What Slurm and job.slurm say to launch.sh on each node. */
export const slurmVariables: Rule<PlanFacts> = {
  name: "slurm-variables",
  *check({ plan }) {
    if (plan.cluster.scheduler.kind === "slurm") yield* taken(plan, owner);
  },
};

function owner(name: string): string | undefined {
  if (/^(SLURM|SLURMD|SBATCH|SRUN)_/.test(name)) return "Slurm sets it";
  return ["NODE_RANK", "PLANC_JOB_ID", "PLANC_LOGS"].includes(name) ? "job.slurm sets it on each node" : undefined;
}
