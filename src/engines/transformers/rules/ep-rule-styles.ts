import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { suggest } from "../../../text/suggest.ts";
import type { ModelFacts } from "../facts.ts";
import { defaultEpPlan, type WrittenRule } from "../placement/ep-plan.ts";
import { isHarmless } from "./ep-dense-rules.ts";
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
    const fits = instead !== null && canStand(facts, rule, instead);
    const advice = fits || instead === null ? removed.advice : "leave the rule out";
    return PLN3020(
      location,
      { style, last: removed.last_release, release: release.version },
      {
        variant: "removed",
        help: usual === undefined ? advice : `write ${usual}`,
        fixes: fits ? [replaceWith(location, instead)] : [],
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
  const able = [...release.styles].filter((each) => canStand(facts, rule, each));
  const near = usual ?? suggest(style, able);
  return PLN3020(
    location,
    { style, release: release.version },
    {
      ...(near === undefined ? {} : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] }),
    },
  );
}

/** Whether no rule about expert plans would object: what is offered has to pass. */
function canStand(facts: ModelFacts, rule: WrittenRule, style: string): boolean {
  return !facts.release.refusedInEpPlan.has(style) && isHarmless(facts, { ...rule, style });
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

export const cases: readonly Case[] = [
  {
    name: "a style of older releases, and what the release writes there",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: gather } }
#@ [86:92) PLN3020 gather is a parallel style of transformers up to 5.3, which 5.24.0 no longer has
#@   help: write ep_dispatch_experts
#@   fix "change it to ep_dispatch_experts" -> fine
`,
  },
  {
    name: "of older releases, on a module that needs no rule any more",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.gate: ep_router
#@ [24:33) PLN3020 ep_router is a parallel style of transformers up to 5.22.2, which 5.24.0 no longer has
#@   help: drop the rule: ep_dispatch_experts on the experts module routes the tokens itself
`,
  },
  {
    name: "of older releases, on a module that the style which took its place would break",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.self_attn.o_proj: local_rowwise } }
#@ [91:104) PLN3020 local_rowwise is a parallel style of transformers up to 5.3, which 5.24.0 no longer has
#@   help: leave the rule out
`,
  },
  {
    name: "of older releases, and the style which took its place does no harm",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.self_attn.o_proj: local } }
#@ [91:96) PLN3020 local is a parallel style of transformers up to 5.3, which 5.24.0 no longer has
#@   help: drop the rule, or write replicate
#@   fix "change it to replicate" -> fine
`,
  },
  {
    name: "a tensor-parallel style on the experts",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: moe_tp_experts } }
#@ [86:100) PLN3020 moe_tp_experts is a tensor-parallel style, which transformers 5.24.0 refuses in an expert plan
#@   help: write ep_dispatch_experts
#@   fix "change it to ep_dispatch_experts" -> fine
`,
  },
  {
    name: "a tensor-parallel style elsewhere",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.gate: moe_tp_experts } }
#@ [83:97) PLN3020 moe_tp_experts is a tensor-parallel style, which transformers 5.24.0 refuses in an expert plan
#@   help: an expert plan needs ep_dispatch_experts on the module of the experts and grouped_gemm on each of its parameters; most plans can leave base_model_ep_plan out
`,
  },
  {
    name: "misspelt",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.gate: replicated
#@ [24:34) PLN3020 replicated is not a parallel style of transformers 5.24.0
#@   help: did you mean replicate?
#@   fix "change it to replicate" -> fine
`,
  },
  {
    name: "misspelt on the experts: what the release writes there",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.down_proj: rowwize } }
#@ [96:103) PLN3020 rowwize is not a parallel style of transformers 5.24.0
#@   help: did you mean grouped_gemm?
#@   fix "change it to grouped_gemm" -> fine
`,
  },
  {
    name: "what could be meant would be refused too",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.self_attn.q_proj: colwize } }
#@ [91:98) PLN3020 colwize is not a parallel style of transformers 5.24.0
#@   help: an expert plan needs ep_dispatch_experts on the module of the experts and grouped_gemm on each of its parameters; most plans can leave base_model_ep_plan out
`,
  },
  {
    name: "styles are not looked at without expert parallelism",
    shows: "nothing",
    plan: `
parallelism: { fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: gather } }
#@ [30:48) PLN3027 warning: the rules of base_model_ep_plan are not used: ep_size is 1
#@   help: set ep_size, or leave the rules out
`,
  },
];

export const examples: Examples = { PLN3020: { under: "parallelism" } };
