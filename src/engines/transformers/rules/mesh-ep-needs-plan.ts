import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { isLlama4, llama4NoPlan } from "../issues/families.ts";
import { defaultEpPlan } from "../placement/ep-plan.ts";
import { expertModules, ownParameters } from "./ep-rules.ts";

export const PLN3007 = diagnostic("PLN3007", {
  severity: "error",
  messages: {
    default: text`ep_size ${"ep_size"}: transformers ${"release"} has no base_model_ep_plan for ${"model_type"}`,
  },
  help: "set ep_size: 1 (FSDP alone), or write the rules under base_model_ep_plan",
});

/** Without rules for the family, the engine has nothing to shard experts by. Those of a plan have to name all that experts own. */
export const epNeedsPlan: Rule<ModelFacts> = {
  name: "mesh-ep-needs-plan",
  *check(facts) {
    const { plan, model, sizes, epPlan, release } = facts;
    if (sizes.ep_size === 1 || Object.keys(defaultEpPlan(model, release)).length > 0) return;
    const needed = expertModules(facts).flatMap((module) => [module, ...ownParameters(facts, module)]);
    if (needed.every((path) => path in epPlan)) return;
    const values = { model_type: model.model_type, ep_size: sizes.ep_size, release: release.version };
    const issue = isLlama4(model) ? { issue: llama4NoPlan } : {};
    yield PLN3007(plan.written.at("parallelism.ep_size"), values, issue);
  },
};

export const pages = {
  PLN3007: {
    title: "no expert-parallel plan for the family",
    docs: `The engine shards experts by the rules of the family. Without any it stops with an error after the job has started.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8 }                    # a family without an expert-parallel plan
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 1 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a release without rules for the family",
    release: { epPlan: {} },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
#@ [25:26) PLN3007 ep_size 4: transformers 5.24.0 has no base_model_ep_plan for qwen3_moe
#@   help: set ep_size: 1 (FSDP alone), or write the rules under base_model_ep_plan
`,
  },
  {
    name: "rules of the plan's own, but not for everything that the experts own",
    release: { epPlan: {} },
    plan: `
parallelism:
  ep_size: 4
#@ [12:13) PLN3007 ep_size 4: transformers 5.24.0 has no base_model_ep_plan for qwen3_moe
#@   help: set ep_size: 1 (FSDP alone), or write the rules under base_model_ep_plan
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: ep_dispatch_experts
    layers.*.mlp.experts.down_proj: grouped_gemm
`,
  },
  {
    name: "rules of the plan's own",
    shows: "nothing",
    release: { epPlan: {} },
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: ep_dispatch_experts
    layers.*.mlp.experts.gate_up_proj: grouped_gemm
    layers.*.mlp.experts.down_proj: grouped_gemm
`,
  },
  {
    name: "FSDP alone",
    shows: "nothing",
    release: { epPlan: {} },
    plan: `
parallelism: { ep_size: 1, fsdp_size: 8 }
`,
  },
];

export const examples: Examples = { PLN3007: { release: { epPlan: {} } } };
