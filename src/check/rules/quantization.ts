import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../rule.ts";
import type { CommonFacts } from "../rules.ts";

/** What transformers can turn back into full weights while it loads them. */
const dequantized: ReadonlySet<string> = new Set(["fp8", "mxfp4"]);

/** A quantised checkpoint is loaded dequantised, or refused where the stack cannot. */
export const quantization: Rule<CommonFacts> = {
  name: "quantization",
  *check({ plan, model }) {
    const method = model.quantization;
    if (method === undefined || (plan.model.layout !== undefined && plan.model.layout === "gate_up_interleaved"))
      return;
    const related = [{ message: "quantised here", location: model.at(["quantization_config"]) }];
    const place = plan.written.at("model.checkpoint");
    yield dequantized.has(method)
      ? report("PLN2015", place, { method, format: plan.precision.parameters }, { related })
      : report("PLN2016", place, { method }, { related });
  },
};
