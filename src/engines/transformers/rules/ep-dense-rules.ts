import type { Rule } from "../../../check/rule.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { report } from "../../../diagnostics/report.ts";
import { denseEffect } from "../dense-rules.ts";
import type { WrittenRule } from "../ep-plan.ts";
import type { ModelFacts } from "../facts.ts";
import { expertModules, isParameter, ownParameters, patternAt, styleAt, usableRules } from "./ep-rules.ts";

/** Rules for anything but the experts, where the ranks of an expert group hold different batches. */
export const epDenseRules: Rule<ModelFacts> = {
  name: "ep-dense-rules",
  *check(facts) {
    const { ep_size, tp_size } = facts.sizes;
    if (ep_size === 1 || ep_size === tp_size) return;
    for (const rule of denseRules(facts)) {
      const target = {
        isParameter: isParameter(facts, rule.path),
        hasParameters: ownParameters(facts, rule.path).length > 0,
      };
      const effect = denseEffect(rule.style, target);
      if (effect.kind === "overlap") yield overlap(facts, rule);
      if (effect.kind === "dispatch") yield dispatchElsewhere(facts, rule);
      if (effect.kind === "wrong") {
        yield report("PLN3026", styleAt(facts, rule), { style: rule.style, path: rule.path, why: effect.why });
      }
    }
  },
};

/** Usable rules that name neither a module of experts nor one of its parameters. */
export function denseRules(facts: ModelFacts): WrittenRule[] {
  const experts = expertModules(facts);
  const isExpert = (path: string) => experts.some((module) => path === module || isOwn(facts, module, path));
  return usableRules(facts).filter((rule) => !isExpert(rule.path));
}

function isOwn(facts: ModelFacts, module: string, path: string): boolean {
  return path.startsWith(`${module}.`) && ownParameters(facts, module).includes(path);
}

export function dispatchElsewhere(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  return report("PLN3024", patternAt(facts, rule), { path: rule.path, experts: expertModules(facts).join(", ") });
}

function overlap(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { style, path } = rule;
  const { ep_size, tp_size } = facts.sizes;
  return report("PLN3025", styleAt(facts, rule), { style, path, ep_size, batches: ep_size / tp_size });
}
