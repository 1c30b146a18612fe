import { taken } from "../../../check/rules/environment.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { podsOf } from "../section.ts";

/** What a cluster tells each pod is not for a plan to say: `cluster.env` is the same for all. */
export const podEnvironment: Rule<PlanFacts> = {
  name: "pod-environment",
  *check({ plan }) {
    if (podsOf(plan) !== undefined) yield* taken(plan, owner);
  },
};

function owner(name: string): string | undefined {
  if (name.startsWith("PET_")) return "Kubeflow Trainer sets it in each pod, and launch.sh hands it on";
  if (name === "JOB_COMPLETION_INDEX" || name.startsWith("KUBERNETES_")) return "Kubernetes sets it in each pod";
  return ["NODE_RANK", "MASTER_ADDR", "PLANC_JOB_ID"].includes(name) ? "each pod is told its own" : undefined;
}
