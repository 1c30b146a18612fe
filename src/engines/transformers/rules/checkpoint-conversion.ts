import { planConversion } from "../../../convert/plan.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { mayBeHubId } from "../../../plan/hub-id.ts";
import type { ModelFacts } from "../facts.ts";
import { neededLayout } from "../loading/conversion.ts";

/** A layout that the engine would load as random experts is converted by the job, where it can be. */
export const checkpointConversion: Rule<ModelFacts> = {
  name: "checkpoint-conversion",
  *check(facts) {
    const { plan, model } = facts;
    const to = neededLayout(facts);
    if (to === undefined) return;
    const [from, place] = [facts.layout, plan.written.at("model.layout")];
    const { model_type } = model;
    const planned = planConversion(model, from, to);
    if ("why" in planned) {
      yield report("PLN2018", place, { model_type, from, to, why: planned.why });
    } else if (mayBeHubId(plan.model.checkpoint)) {
      yield report("PLN2020", plan.written.at("model.checkpoint"), { checkpoint: plan.model.checkpoint, from, to });
    }
  },
};
