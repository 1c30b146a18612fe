import type { Rule } from "../diagnostics/rule.ts";
import { rules as kubernetes } from "../generated/rules/kubernetes.ts";
import { rules as skypilot } from "../generated/rules/skypilot.ts";
import { rules as slurm } from "../generated/rules/slurm.ts";
import { rules as trainjob } from "../generated/rules/trainjob.ts";
import type { Scheduling } from "../plan/scheduling.ts";
import type { MeshFacts, PlanFacts } from "../stack/facts.ts";

interface SchedulerRules {
  readonly plan: readonly Rule<PlanFacts>[];
  readonly mesh: readonly Rule<MeshFacts>[];
}

/** What each scheduler objects to: apart from what writes its files, which no check reads. */
export const schedulerRules: Readonly<Record<Scheduling["kind"], SchedulerRules>> = {
  local: { plan: [], mesh: [] },
  skypilot,
  slurm,
  kubernetes,
  trainjob: { plan: [...kubernetes.plan, ...trainjob.plan], mesh: [...kubernetes.mesh, ...trainjob.mesh] },
};
