import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3027 = diagnostic("PLN3027", {
  severity: "warning",
  messages: {
    default: text`the rules of base_model_ep_plan are not used: ep_size is 1`,
  },
  help: "set ep_size, or leave the rules out",
});

/** The expert plan is applied only above `ep_size` 1. */
export const epRulesUnused: Rule<ModelFacts> = {
  name: "ep-rules-unused",
  *check({ plan, sizes }) {
    if (sizes.ep_size > 1 || Object.keys(plan.parallelism.base_model_ep_plan).length === 0) return;
    yield PLN3027(plan.written.at("parallelism.base_model_ep_plan", "key"), {});
  },
};

export const pages = {
  PLN3027: {
    title: "expert rules without expert parallelism",
    docs: `The expert plan is applied only when \`ep_size\` is above 1.

Without effect:

\`\`\`yaml
parallelism:
  fsdp_size: 8
  base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts }
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "rules, and ep_size left out",
    plan: `
parallelism: { fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts } }
#@ [30:48) PLN3027 warning: the rules of base_model_ep_plan are not used: ep_size is 1
#@   help: set ep_size, or leave the rules out
`,
  },
  {
    name: "ep_size 1",
    plan: `
parallelism:
  ep_size: 1
  fsdp_size: 8
  base_model_ep_plan:
#@ [03:21) PLN3027 warning: the rules of base_model_ep_plan are not used: ep_size is 1
#@   help: set ep_size, or leave the rules out
    layers.*.mlp.experts: ep_dispatch_experts
`,
  },
  {
    name: "the family's own rules asked for by name",
    shows: "nothing",
    plan: `
parallelism: { fsdp_size: 8, base_model_ep_plan: default }
`,
  },
];
