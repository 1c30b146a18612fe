import type { Examples } from "../../diagnostics/case.ts";
import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../rule.ts";
import type { CommonFacts } from "../rules.ts";

/** A quantised checkpoint is loaded dequantised, or refused where the stack cannot. */
export const quantization: Rule<CommonFacts> = {
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

export const examples: Examples = {
  PLN2015: {
    config: "gpt-oss-20b",
    right: { config: { of: "gpt-oss-20b", with: { quantization_config: undefined } } },
  },
  PLN2017: {
    config: { of: "DeepSeek-V3", with: { num_hidden_layers: 4 } },
    right: { config: { of: "DeepSeek-V3", with: { num_hidden_layers: 4, quantization_config: undefined } } },
  },
};
