import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { normGradientsPartial } from "../issues/sharding.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { type BrokenBlock, brokenBlocks, sharedBatchStyles } from "../placement/tp-blocks.ts";
import { denseRules } from "./ep-dense-rules.ts";
import { styleAt } from "./ep-rules.ts";

export const PLN3028 = diagnostic("PLN3028", {
  severity: "error",
  messages: {
    default: text`${"style"} on ${"path"} leaves its layer half sharded: ${"module"} has ${"found"}, but the projections around it are ${"layout"}`,
  },
  help: "leave the rule out, or give every projection of the layer a style that fits",
});

export const PLN3032 = diagnostic("PLN3032", {
  severity: "error",
  messages: {
    default: text`tp_size ${"tp_size"}: transformers ${"release"} shards ${"module"} of ${"model_type"} wrongly, so its gradients would cover only the rank's own heads`,
  },
  help: "set tp_size: 1 and shard over fsdp_size",
});

/** Tensor parallelism shards a layer's projections together; a rule of the expert plan can tear them apart. */
export const tpBlocksAgree: Rule<ModelFacts> = {
  name: "tp-blocks-agree",
  after: ["heads-shared"],
  *check(facts) {
    const { model, release, sizes, epPlan } = facts;
    if (sizes.tp_size === 1) return;
    const reported = new Set<WrittenRule>();
    for (const block of brokenBlocks(model, sharedBatchStyles(model, release, sizes, epPlan))) {
      const rule = sizes.ep_size === 1 ? undefined : culprit(facts, block);
      if (rule === undefined) yield brokenByRelease(facts, block);
      else if (!reported.has(rule)) yield brokenByRule(facts, block, rule);
      if (rule !== undefined) reported.add(rule);
    }
  },
};

/** The written rule on the misfit itself, or else the first on a module of the block or on what contains it. */
function culprit(facts: ModelFacts, block: BrokenBlock): WrittenRule | undefined {
  const covers = (path: string, module: string) => module === path || module.startsWith(`${path}.`);
  const touching = denseRules(facts).filter((rule) => block.modules.some((module) => covers(rule.path, module)));
  return touching.find((rule) => covers(rule.path, block.module)) ?? touching[0];
}

function brokenByRule(facts: ModelFacts, block: BrokenBlock, rule: WrittenRule): Diagnostic {
  return PLN3028(styleAt(facts, rule), {
    style: rule.style,
    path: rule.path,
    module: block.module,
    found: block.style ?? "no style",
    layout: block.layout === "sharded" ? `sharded over tp_size ${facts.sizes.tp_size}` : "whole",
  });
}

function brokenByRelease({ plan, model, release, sizes }: ModelFacts, block: BrokenBlock): Diagnostic {
  const values = {
    tp_size: sizes.tp_size,
    release: release.version,
    module: block.module,
    model_type: model.model_type,
  };
  return PLN3032(plan.written.at("parallelism.tp_size"), values, { issue: normGradientsPartial });
}

export const pages = {
  PLN3028: {
    title: "rule leaves a layer half sharded",
    docs: `Where \`tp_size\` is above 1, the projections of an attention or MLP layer are sharded together: \`colwise\` into the layer,
\`rowwise\` out of it. A rule of the expert plan takes the place of the tensor-parallel rules for its module and everything
inside. Changing one projection alone makes the shapes disagree, or the gradients wrong.

Wrong:

\`\`\`yaml
parallelism:
  tp_size: 2
  ep_size: 2
  base_model_ep_plan: { layers.*.self_attn.q_proj: replicate }
\`\`\`

Right:

\`\`\`yaml
parallelism: { tp_size: 2, ep_size: 2 }
\`\`\``,
  },
  PLN3032: {
    title: "tensor parallelism computes wrongly for this model",
    docs: `A norm between sharded projections sees only the heads of its rank, so the gradient of its weight has to be summed over
the ranks. The tensor-parallel plan of some families leaves that out: losses and logits are right, and the norm trains on a
part of its gradient, differently on each rank.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 2, ep_size: 2 }        # glm4_moe with use_qk_norm: true
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "one projection of attention left whole",
    plan: `
parallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4, base_model_ep_plan: { layers.*.self_attn.q_proj: replicate } }
#@ [103:112) PLN3028 replicate on model.layers.*.self_attn.q_proj leaves its layer half sharded: model.layers.*.self_attn.q_proj has replicate, but the projections around it are sharded over tp_size 2
#@   help: leave the rule out, or give every projection of the layer a style that fits
`,
  },
  {
    name: "one of two rules: attention sharded into the layer and not out of it",
    plan: `
parallelism:
  ep_size: 4
  tp_size: 2
  fsdp_size: 4
  base_model_ep_plan:
    layers.*.self_attn.o_proj: replicate
#@ [32:41) PLN3028 replicate on model.layers.*.self_attn.o_proj leaves its layer half sharded: model.layers.*.self_attn.o_proj has no style, but the projections around it are sharded over tp_size 2
#@   help: leave the rule out, or give every projection of the layer a style that fits
    layers.*.mlp.gate: replicate
`,
  },
  {
    name: "attention as a whole",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4, base_model_ep_plan: { layers.*.self_attn: replicate } }
`,
  },
  {
    name: "every projection of it, written anew",
    shows: "nothing",
    plan: `
parallelism:
  ep_size: 2
  tp_size: 2
  fsdp_size: 4
  base_model_ep_plan:
    layers.*.self_attn.q_proj: colwise
    layers.*.self_attn.k_proj: colwise
    layers.*.self_attn.v_proj: colwise
    layers.*.self_attn.o_proj: rowwise
`,
  },
  {
    name: "a norm whose gradients the release does not add up",
    config: { of: "GLM-4.5-Air", with: { use_qk_norm: true, num_hidden_layers: 4 } },
    plan: `
parallelism:
  ep_size: 4
  tp_size: 2
#@ [12:13) PLN3032 tp_size 2: transformers 5.24.0 shards model.layers.*.self_attn.q_norm of glm4_moe wrongly, so its gradients would cover only the rank's own heads
#@   help: set tp_size: 1 and shard over fsdp_size
#@   issue: norm-gradients-partial
  fsdp_size: 4
`,
  },
  {
    name: "the same family without it",
    shows: "nothing",
    config: { of: "GLM-4.5-Air", with: { use_qk_norm: false, num_hidden_layers: 4 } },
    plan: `
parallelism: { ep_size: 4, tp_size: 2, fsdp_size: 4 }
`,
  },
];

export const examples: Examples = {
  PLN3032: { config: { of: "GLM-4.5-Air", with: { use_qk_norm: true, num_hidden_layers: 4 } } },
};
