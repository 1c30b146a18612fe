import { type Package, packageOf } from "../../stack/loading.ts";
import { kindOf } from "./attention/implementation.ts";
import type { ModelFacts } from "./facts.ts";

/** What `requirements.txt` lists, and preflight and doctor look for, because of what the plan asks for. */
export function packagesFor({
  plan,
  task,
  release,
  attention,
}: Pick<ModelFacts, "plan" | "task" | "release" | "attention">): readonly Package[] {
  const isFlash = kindOf(attention.implementation) === "flash_attention";
  const own = isFlash ? [packageOf(release.kernelsRequirement, "model.attn_implementation")] : [];
  return [...own, ...task.packages(plan)];
}
