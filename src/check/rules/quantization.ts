import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { BoundFacts } from "../../stack/facts.ts";

/** A quantised checkpoint is loaded dequantised, or refused where the stack cannot. */
export const quantization: Rule<BoundFacts> = {
  name: "quantization",
  *check({ plan, model }) {
    const method = model.quantization;
    if (method === undefined || (plan.model.layout !== undefined && plan.model.layout === "gate_up_interleaved"))
      return;
    const related = [{ message: "quantised here", location: model.at(["quantization_config"]) }];
    const place = plan.written.at("model.checkpoint");
    if (method === "mxfp4") yield report("PLN2015", place, { method, format: plan.precision.parameters }, { related });
    else if (method === "fp8") yield report("PLN2017", place, { method }, { related });
    else yield report("PLN2016", place, { method }, { related });
  },
};
