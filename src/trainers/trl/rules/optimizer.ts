import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { optimizerVerdict } from "../options/optimizers.ts";

/** The optimizer must be installed by the bundle and work on distributed tensors. */
export const trainerOptimizer: Rule<PlanFacts> = {
  name: "trainer-optimizer",
  *check(facts) {
    const { plan } = facts;
    const name = plan.options["optim"];
    if (typeof name !== "string" || !facts.task.options.get("optim")?.values?.includes(name)) return;
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
