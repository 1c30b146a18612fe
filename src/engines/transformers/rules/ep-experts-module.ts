import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { dispatchReplaced } from "../issues/experts.ts";
import { expertModules, styleAt, usableRules } from "./ep-rules.ts";

export const PLN3022 = diagnostic("PLN3022", {
  severity: "error",
  messages: {
    default: text`${"style"} on ${"path"} switches expert parallelism off: no expert would be sharded over ep_size ${"ep_size"}`,
  },
  help: "write ep_dispatch_experts, or leave the rule out: a rule replaces the default, it cannot remove it; for a run without expert parallelism set ep_size: 1",
});

/** Any style but dispatch on the experts: the engine then applies no rule of the expert plan at all, and says nothing. */
export const epExpertsModule: Rule<ModelFacts> = {
  name: "ep-experts-module",
  *check(facts) {
    const { ep_size } = facts.sizes;
    if (ep_size === 1) return;
    const experts = new Set(expertModules(facts));
    for (const rule of usableRules(facts)) {
      if (!experts.has(rule.path) || rule.style === "ep_dispatch_experts") continue;
      const location = styleAt(facts, rule);
      yield PLN3022(
        location,
        { style: rule.style, path: rule.path, ep_size },
        {
          fixes: [replaceWith(location, "ep_dispatch_experts")],
          issue: dispatchReplaced,
        },
      );
    }
  },
};

export const pages = {
  PLN3022: {
    title: "rule switches expert parallelism off",
    docs: `Experts are sharded over \`ep\` only where their module has the style \`ep_dispatch_experts\`. With any other style there the
engine loads, trains, and shards nothing over \`ep\`: every rank runs all the experts, and no message says so.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: 8
  base_model_ep_plan: { layers.*.mlp.experts: replicate }
\`\`\`

Right:

\`\`\`yaml
parallelism:
  ep_size: 8
  base_model_ep_plan: default
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "the experts left as they are",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: replicate } }
#@ [86:95) PLN3022 replicate on model.layers.*.mlp.experts switches expert parallelism off: no expert would be sharded over ep_size 4
#@   help: write ep_dispatch_experts, or leave the rule out: a rule replaces the default, it cannot remove it; for a run without expert parallelism set ep_size: 1
#@   issue: dispatch-replaced
#@   fix "change it to ep_dispatch_experts" -> fine
`,
  },
  {
    name: "the style of their parameters",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: grouped_gemm
#@ [27:39) PLN3022 grouped_gemm on model.layers.*.mlp.experts switches expert parallelism off: no expert would be sharded over ep_size 4
#@   help: write ep_dispatch_experts, or leave the rule out: a rule replaces the default, it cannot remove it; for a run without expert parallelism set ep_size: 1
#@   issue: dispatch-replaced
#@   fix "change it to ep_dispatch_experts" -> fine
`,
  },
  {
    name: "dispatched",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts } }
`,
  },
];
