import type { Plan } from "../../plan/plan.ts";
import { reportingPackages, reportsTo } from "../../trainers/trl/options/reporting.ts";
import { attentionOf, kindOf } from "./attention/implementation.ts";
import type { Release } from "./releases/release.ts";

/** A package beside the stack that the plan's job cannot start without. */
export interface Package {
  readonly name: string;
  /** As pip spells it, ">=0.18.2,<0.19"; empty where any release does. */
  readonly range: string;
  /** The key of the plan that asks for it. */
  readonly for: "model.attn_implementation" | "sft.report_to";
}

/** What `requirements.txt` lists, and preflight and doctor look for, because of what the plan asks for. */
export function packagesFor(plan: Plan, release: Release, modelType: string): Package[] {
  const isFlash = kindOf(attentionOf(plan, release, modelType)) === "flash_attention";
  const reporting = reportsTo(plan).flatMap((name) => reportingPackages[name] ?? []);
  return [
    ...(isFlash ? [packageOf(release.kernelsRequirement, "model.attn_implementation")] : []),
    ...[...new Set(reporting)].map((requirement) => packageOf(requirement, "sft.report_to")),
  ];
}

function packageOf(requirement: string, key: Package["for"]): Package {
  const name = requirement.replace(/[<>=!~].*$/, "");
  return { name, range: requirement.slice(name.length), for: key };
}
