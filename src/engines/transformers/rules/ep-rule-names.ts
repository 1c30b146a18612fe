import { capped } from "../../../diagnostics/capped.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { suggestionFor, type WrittenRule } from "../placement/ep-plan.ts";
import { patternAt, writtenRules } from "./ep-rules.ts";

export const PLN3021 = diagnostic("PLN3021", {
  severity: "error",
  messages: {
    default: text`${"pattern"} matches no module and no parameter of ${"architecture"}`,
    numbered: text`${"pattern"} names a single layer; the engine compares patterns with names whose layer is a *`,
    twice: text`${"pattern"} and ${"other"} are the same module: one of the two rules is lost`,
  },
});

/** Patterns that match nothing, numbered layers, and two patterns for one module. The engine refuses all, late. */
export const epRuleNames: Rule<ModelFacts> = {
  name: "ep-rule-names",
  check(facts) {
    const mistakes: (() => Diagnostic)[] = [];
    const seen = new Map<string, WrittenRule>();
    for (const rule of writtenRules(facts)) {
      if (rule.names !== "module or parameter") mistakes.push(() => unmatched(facts, rule));
      const other = seen.get(rule.path);
      if (other !== undefined) mistakes.push(() => twice(facts, rule, other));
      seen.set(rule.path, rule);
    }
    return capped(mistakes, (explain) => explain());
  },
};

function unmatched(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { model, release } = facts;
  const suggestion = suggestionFor(model, release, rule);
  const location = patternAt(facts, rule);
  const variant = rule.names === "numbered layer" ? "numbered" : "default";
  const advice =
    suggestion === undefined
      ? {}
      : {
          help: variant === "numbered" ? `write ${suggestion}` : `did you mean ${suggestion}?`,
          fixes: [replaceWith(location, suggestion)],
        };
  const values = { pattern: rule.pattern, architecture: model.architecture };
  return PLN3021(location, values, { variant, ...advice });
}

function twice(facts: ModelFacts, rule: WrittenRule, other: WrittenRule): Diagnostic {
  const related = [{ message: `${other.pattern} is written here`, location: patternAt(facts, other) }];
  const values = { pattern: rule.pattern, other: other.pattern };
  return PLN3021(patternAt(facts, rule), values, { variant: "twice", related, help: "keep one of the two" });
}

export const pages = {
  PLN3021: {
    title: "rule matches nothing in the model",
    docs: `A pattern is the name of a module or parameter with \`*\` for the layer, with or without the base model's prefix:
\`layers.*.mlp.experts\` and \`model.layers.*.mlp.experts\` are the same. \`*\` stands for the number of a layer only, not for part
of a name. Experts are fused in memory, whatever the checkpoint stores: their parameters are \`experts.gate_up_proj\` and
\`experts.down_proj\`, not one matrix for each expert. The engine refuses a pattern that matches nothing.

Wrong:

\`\`\`yaml
base_model_ep_plan:
  layers.0.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_proj: grouped_gemm
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_up_proj: grouped_gemm
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = { PLN3021: { under: "parallelism" } };
