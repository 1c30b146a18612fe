import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

/** Without rules for the family, the engine has nothing to shard experts by. */
export const epNeedsPlan: Rule<ModelFacts> = {
  name: "mesh-ep-needs-plan",
  *check({ plan, model, sizes, epPlan, release }) {
    if (sizes.ep_size === 1 || Object.keys(epPlan).length > 0) return;
    yield report("PLN3007", plan.written.at("parallelism.ep_size"), {
      model_type: model.model_type,
      ep_size: sizes.ep_size,
      release: release.version,
    });
  },
};
