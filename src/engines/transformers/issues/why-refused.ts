import { meet } from "../../../check/issues.ts";
import { issues } from "../../../generated/issues/transformers.ts";
import { compareIssues } from "../../../stack/issue.ts";
import { compareVersions } from "../../../text/version.ts";
import type { PlanFacts } from "../facts.ts";

/** Why a plan cannot run on the older release that it names: the worst that it would meet there, else that nobody has looked. */
export function whyRefused(facts: PlanFacts): string {
  const [worst] = meet(issues.plan, facts)
    .map(({ issue }) => issue)
    .sort(compareIssues);
  return worst?.symptom ?? "planc has no data of it";
}

/** What to write in place of what a plan for such a release had. */
export function insteadOf(version: string, known: string): string {
  const newer = `write transformers: ${known}`;
  if (compareVersions(version, "5.0") >= 0) return newer;
  return `${newer}; ep_size takes the place of enable_expert_parallel, and the release's own expert plan (base_model_ep_plan: default) that of rules with ep_router, gather and local_colwise`;
}
