import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { expertModules, ownParameters, styleAt, usableRules } from "./ep-rules.ts";

/**
 * Every parameter of a dispatched module must be cut along the experts. `embedding_rowwise` happens to cut dim 0 too
 * and works beside a `grouped_gemm`, which alone tells the module how many experts are left.
 */
export const epExpertParameters: Rule<ModelFacts> = {
  name: "ep-expert-parameters",
  *check(facts) {
    if (facts.sizes.ep_size === 1) return;
    for (const module of expertModules(facts)) {
      if (facts.epPlan[module] !== "ep_dispatch_experts") continue;
      const parameters = new Set(ownParameters(facts, module));
      const counted = [...parameters].some((path) => facts.epPlan[path] === "grouped_gemm");
      for (const rule of usableRules(facts)) {
        if (!parameters.has(rule.path) || rule.style === "grouped_gemm") continue;
        if (counted && rule.style === "embedding_rowwise") continue;
        const location = styleAt(facts, rule);
        yield report(
          "PLN3023",
          location,
          { style: rule.style, path: rule.path },
          {
            fixes: [replaceWith(location, "grouped_gemm")],
          },
        );
      }
    }
  },
};

export const examples: Examples = { PLN3023: { under: "parallelism" } };
