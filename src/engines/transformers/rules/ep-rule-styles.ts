import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { suggest } from "../../../text/suggest.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { defaultEpPlan } from "../placement/ep-plan.ts";
import { styleAt, writtenRules } from "./ep-rules.ts";

/** Styles that the release does not have, had under another name, or refuses in an expert plan. */
export const epRuleStyles: Rule<ModelFacts> = {
  name: "ep-rule-styles",
  *check(facts) {
    // Without expert parallelism the engine never looks at the styles.
    if (facts.sizes.ep_size === 1) return;
    for (const rule of writtenRules(facts)) {
      const found = wrongStyle(facts, rule);
      if (found !== undefined) yield found;
    }
  },
};

function wrongStyle(facts: ModelFacts, rule: WrittenRule): Diagnostic | undefined {
  const { release } = facts;
  const { style } = rule;
  const location = styleAt(facts, rule);
  // What the release itself writes there is the best advice for an old name.
  const usual = defaultEpPlan(facts.model, release)[rule.path];
  const removed = release.removedStyles.get(style);
  if (removed !== undefined) {
    const instead = usual ?? removed.instead;
    return report(
      "PLN3020",
      location,
      { style, last: removed.last_release, release: release.version },
      {
        variant: "removed",
        help: usual === undefined ? removed.advice : `write ${usual}`,
        fixes: instead === null ? [] : [replaceWith(location, instead)],
      },
    );
  }
  if (release.refusedInEpPlan.has(style)) {
    return report(
      "PLN3020",
      location,
      { style, release: release.version },
      {
        variant: "refused",
        ...(usual === undefined ? {} : { help: `write ${usual}`, fixes: [replaceWith(location, usual)] }),
      },
    );
  }
  if (release.styles.has(style)) return undefined;
  const near = usual ?? suggest(style, release.styles.keys());
  return report(
    "PLN3020",
    location,
    { style, release: release.version },
    {
      ...(near === undefined ? {} : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] }),
    },
  );
}

export const examples: Examples = { PLN3020: { under: "parallelism" } };
