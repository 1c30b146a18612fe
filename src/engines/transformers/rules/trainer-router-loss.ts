import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../facts.ts";
import { routerLossModelTypes } from "../trainer.ts";
import { optionAt } from "../trainers/written.ts";

/** The auxiliary loss needs a model that returns its router logits. */
export const trainerRouterLoss: Rule<ModelFacts> = {
  name: "trainer-router-loss",
  *check({ plan, model }) {
    const coefficient = plan.sft["router_aux_loss_coef"];
    if (typeof coefficient !== "number" || coefficient === 0 || routerLossModelTypes.has(model.model_type)) return;
    const values = {
      name: "router_aux_loss_coef",
      written: String(coefficient),
      why: `needs router logits, which ${model.model_type} does not return`,
    };
    yield report("PLN4025", optionAt(plan, "router_aux_loss_coef"), values, { help: "drop router_aux_loss_coef" });
  },
};
