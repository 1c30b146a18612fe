import type { Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { suggest } from "../../../text/suggest.ts";
import type { ModelFacts } from "../facts.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { defaultEpPlan } from "../placement/ep-plan.ts";
import { styleAt, writtenRules } from "./ep-rules.ts";

export const PLN3020 = diagnostic("PLN3020", {
  severity: "error",
  messages: {
    default: text`${"style"} is not a parallel style of transformers ${"release"}`,
    removed: text`${"style"} is a parallel style of transformers up to ${"last"}, which ${"release"} no longer has`,
    refused: text`${"style"} is a tensor-parallel style, which transformers ${"release"} refuses in an expert plan`,
  },
  help: "an expert plan needs ep_dispatch_experts on the module of the experts and grouped_gemm on each of its parameters; most plans can leave base_model_ep_plan out",
});

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
    return PLN3020(
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
    return PLN3020(
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
  return PLN3020(
    location,
    { style, release: release.version },
    {
      ...(near === undefined ? {} : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] }),
    },
  );
}

export const pages = {
  PLN3020: {
    title: "unknown parallel style",
    docs: `A rule of \`base_model_ep_plan\` names a module or parameter and the style that shards it. The engine knows the styles by
name and stops at any other, after the job has started. Styles were renamed several times: \`ep_router\`, \`gather\` and the
\`local_*\` styles of older releases are gone.

Wrong:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.gate: ep_router
  layers.*.mlp.experts: moe_tp_experts
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_up_proj: grouped_gemm
  layers.*.mlp.experts.down_proj: grouped_gemm
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = { PLN3020: { under: "parallelism" } };
