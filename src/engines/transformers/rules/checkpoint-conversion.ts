import type { Rule } from "../../../check/rule.ts";
import { planConversion } from "../../../convert/plan.ts";
import { report } from "../../../diagnostics/report.ts";
import { mayBeHubId } from "../../../plan/hub-id.ts";
import { layoutOf, neededLayout } from "../conversion.ts";
import type { ModelFacts } from "../facts.ts";

/** A layout that the engine would load as random experts is converted by the job, where it can be. */
export const checkpointConversion: Rule<ModelFacts> = {
  name: "checkpoint-conversion",
  *check(facts) {
    const { plan, model } = facts;
    const to = neededLayout(facts);
    if (to === undefined) return;
    const [from, place] = [layoutOf(facts), plan.written.at("model.layout")];
    const { model_type } = model;
    const planned = planConversion(model, from, to);
    if ("why" in planned) {
      yield report("PLN2018", place, { model_type, from, to, why: planned.why });
    } else if (mayBeHubId(plan.model.checkpoint)) {
      yield report("PLN2020", plan.written.at("model.checkpoint"), { checkpoint: plan.model.checkpoint, from, to });
    }
  },
};
