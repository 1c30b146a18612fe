import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

/** Only FSDP casts expert parameters: autocast does not reach grouped matrix products. */
export const precisionExperts: Rule<ModelFacts> = {
  name: "precision-experts",
  *check({ plan, model, sizes }) {
    const { parameters, compute } = plan.precision;
    const { fsdp_size, dp_replicate_size } = sizes;
    if (parameters !== "float32" || compute !== "bfloat16" || fsdp_size * dp_replicate_size > 1) return;
    if (model.moeLayers.length === 0) return;
    yield report("PLN4043", plan.written.at("precision.compute"), { fsdp_size, dp_replicate_size });
  },
};
