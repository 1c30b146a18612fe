import { capped } from "../../../diagnostics/capped.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { suggestionFor, type WrittenRule } from "../placement/ep-plan.ts";
import { patternAt, writtenRules } from "./ep-rules.ts";

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
  return report("PLN3021", location, values, { variant, ...advice });
}

function twice(facts: ModelFacts, rule: WrittenRule, other: WrittenRule): Diagnostic {
  const related = [{ message: `${other.pattern} is written here`, location: patternAt(facts, other) }];
  const values = { pattern: rule.pattern, other: other.pattern };
  return report("PLN3021", patternAt(facts, rule), values, { variant: "twice", related, help: "keep one of the two" });
}
