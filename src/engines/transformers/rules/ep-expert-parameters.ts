import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { expertsLeftWhole } from "../issues/experts.ts";
import { expertModules, ownParameters, styleAt, usableRules } from "./ep-rules.ts";

export const PLN3023 = diagnostic("PLN3023", {
  severity: "error",
  messages: {
    default: text`${"style"} on ${"path"} does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for`,
  },
  help: "write grouped_gemm, or leave the rule out",
});

/**
 * Every parameter of a dispatched module must be cut along the experts. `embedding_rowwise` happens to cut dim 0 too
 * and works beside a `grouped_gemm`, which alone tells the module how many experts are left.
 */
export const epExpertParameters: Rule<ModelFacts> = {
  name: "ep-expert-parameters",
  *check(facts) {
    if (facts.sizes.ep_size === 1) return;
    for (const module of expertModules(facts)) {
      if (facts.epPlan[module] !== "ep_dispatch_experts") continue;
      const parameters = new Set(ownParameters(facts, module));
      const counted = [...parameters].some((path) => facts.epPlan[path] === "grouped_gemm");
      for (const rule of usableRules(facts)) {
        if (!parameters.has(rule.path) || rule.style === "grouped_gemm") continue;
        if (counted && rule.style === "embedding_rowwise") continue;
        const location = styleAt(facts, rule);
        yield PLN3023(
          location,
          { style: rule.style, path: rule.path },
          {
            fixes: [replaceWith(location, "grouped_gemm")],
            issue: expertsLeftWhole,
          },
        );
      }
    }
  },
};

export const pages = {
  PLN3023: {
    title: "expert parameter is not sharded with its experts",
    docs: `Tokens are sent to the rank that owns their expert, so every parameter of the experts has to be sharded the same way:
\`grouped_gemm\`, dim 0, over \`ep\`. With one of them left whole, shapes do not match in the first forward; with all of them
left whole, or with a bias left whole, training runs and computes wrong gradients or wrong logits.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts.gate_up_proj: replicate }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts.gate_up_proj: grouped_gemm }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "left whole",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.gate_up_proj: replicate } }
#@ [99:108) PLN3023 replicate on model.layers.*.mlp.experts.gate_up_proj does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for
#@   help: write grouped_gemm, or leave the rule out
#@   issue: experts-left-whole
#@   fix "change it to grouped_gemm" -> fine
`,
  },
  {
    name: "cut along another dim",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: ep_dispatch_experts
    layers.*.mlp.experts.down_proj: colwise
#@ [37:44) PLN3023 colwise on model.layers.*.mlp.experts.down_proj does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for
#@   help: write grouped_gemm, or leave the rule out
#@   issue: experts-left-whole
#@   fix "change it to grouped_gemm" -> fine
`,
  },
  {
    name: "a bias",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.down_proj_bias: replicate } }
#@ [101:110) PLN3023 replicate on model.layers.*.mlp.experts.down_proj_bias does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for
#@   help: write grouped_gemm, or leave the rule out
#@   issue: experts-left-whole
#@   fix "change it to grouped_gemm" -> fine
`,
  },
  {
    name: "embedding_rowwise cuts dim 0 too, and another parameter tells the module how many experts are left",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.down_proj: embedding_rowwise } }
`,
  },
  {
    name: "embedding_rowwise on all of them: none tells it",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts.gate_up_proj: embedding_rowwise
#@ [40:57) PLN3023 embedding_rowwise on model.layers.*.mlp.experts.gate_up_proj does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for
#@   help: write grouped_gemm, or leave the rule out
#@   issue: experts-left-whole
#@   fix "change it to grouped_gemm" -> fine
    layers.*.mlp.experts.down_proj: embedding_rowwise
#@ [37:54) PLN3023 embedding_rowwise on model.layers.*.mlp.experts.down_proj does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for
#@   help: write grouped_gemm, or leave the rule out
#@   issue: experts-left-whole
#@   fix "change it to grouped_gemm" -> fine
`,
  },
];

export const examples: Examples = { PLN3023: { under: "parallelism" } };
