import type { Rule } from "../../../check/rule.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { optimizerVerdict } from "../options/optimizers.ts";
import { trainerOptions } from "../options/option.ts";
import { optionAt } from "../options/written.ts";

/** The optimizer must be installed by the bundle and work on distributed tensors. */
export const trainerOptimizer: Rule<PlanFacts> = {
  name: "trainer-optimizer",
  *check({ plan }) {
    const name = plan.sft["optim"];
    if (typeof name !== "string" || !trainerOptions.get("optim")?.values?.includes(name)) return;
    const verdict = optimizerVerdict(name);
    if (verdict === undefined) return;
    const location = optionAt(plan, "optim");
    const fixes = [replaceWith(location, "adamw_torch_fused")];
    if (verdict.variant === "default") yield report("PLN4027", location, { name, package: verdict.package }, { fixes });
    else if (verdict.variant === "sharded")
      yield report("PLN4027", location, { name, why: verdict.why }, { variant: "sharded", fixes });
    else yield report("PLN4027", location, { name, device: verdict.device }, { variant: "device", fixes });
  },
};
