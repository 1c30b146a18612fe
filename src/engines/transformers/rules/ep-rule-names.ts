import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { patternAt, writtenRules } from "./ep-rules.ts";

/** Patterns that match nothing, numbered layers, and two patterns for one module. The engine refuses all, late. */
export const epRuleNames: Rule<ModelFacts> = {
  name: "ep-rule-names",
  *check(facts) {
    const seen = new Map<string, WrittenRule>();
    for (const rule of writtenRules(facts)) {
      if (rule.names !== "module or parameter") yield unmatched(facts, rule);
      const other = seen.get(rule.path);
      if (other !== undefined) yield twice(facts, rule, other);
      seen.set(rule.path, rule);
    }
  },
};

function unmatched(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { model } = facts;
  const location = patternAt(facts, rule);
  const variant = rule.names === "numbered layer" ? "numbered" : "default";
  const advice =
    rule.suggestion === undefined
      ? {}
      : {
          help: variant === "numbered" ? `write ${rule.suggestion}` : `did you mean ${rule.suggestion}?`,
          fixes: [replaceWith(location, rule.suggestion)],
        };
  const values = { pattern: rule.pattern, architecture: model.architecture };
  return report("PLN3021", location, values, { variant, ...advice });
}

function twice(facts: ModelFacts, rule: WrittenRule, other: WrittenRule): Diagnostic {
  const related = [{ message: `${other.pattern} is written here`, location: patternAt(facts, other) }];
  const values = { pattern: rule.pattern, other: other.pattern };
  return report("PLN3021", patternAt(facts, rule), values, { variant: "twice", related, help: "keep one of the two" });
}

export const examples: Examples = { PLN3021: { under: "parallelism" } };
