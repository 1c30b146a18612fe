import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic, Related } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { isInBlock } from "../placement/tp-blocks.ts";
import type { DenseEffect, Role } from "../releases/release.ts";
import { expertModules, isParameter, ownParameters, styleAt, usableRules } from "./ep-rules.ts";

export const PLN3024 = diagnostic("PLN3024", {
  severity: "error",
  messages: {
    default: text`ep_dispatch_experts on ${"path"}: only a module of experts takes dispatched tokens (${"experts"})`,
  },
  help: "leave the rule out",
});

export const PLN3025 = diagnostic("PLN3025", {
  severity: "error",
  messages: {
    default: text`${"style"} would shard ${"path"} over the ep_size ${"ep_size"} ranks of an expert group, which hold ${"batches"} different batches and are already sharded by fsdp`,
  },
  help: "leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size",
});

export const PLN3026 = diagnostic("PLN3026", {
  severity: "error",
  messages: {
    default: text`${"style"} on ${"path"} ${"why"}`,
  },
  help: "leave the rule out",
});

/** Rules for anything but the experts: what each does by itself. What they do to a layer together is another rule. */
export const epDenseRules: Rule<ModelFacts> = {
  name: "ep-dense-rules",
  *check(facts) {
    const { ep_size } = facts.sizes;
    if (ep_size === 1) return;
    for (const rule of denseRules(facts)) {
      const effect = effectOf(facts, rule);
      if (effect.kind === "overlap") yield overlap(facts, rule);
      if (effect.kind === "dispatch") yield dispatchElsewhere(facts, rule);
      if (effect.kind === "wrong") {
        yield PLN3026(styleAt(facts, rule), { style: rule.style, path: rule.path, why: effect.why });
      }
    }
  },
};

function effectOf(facts: ModelFacts, { path, style }: WrittenRule): DenseEffect {
  const { ep_size, tp_size } = facts.sizes;
  const target = {
    isParameter: isParameter(facts, path),
    hasParameters: ownParameters(facts, path).length > 0,
  };
  if (ep_size !== tp_size) return facts.release.denseEffect(style, target);
  if (isInBlock(path) && style !== "ep_dispatch_experts") return { kind: "none" };
  return facts.release.sharedDenseEffect(style, roleOf(path), target);
}

function roleOf(path: string): Role {
  if (path.endsWith("embed_tokens")) return "embedding";
  return path === "lm_head" || path.endsWith("_proj") ? "linear" : "other";
}

/** Whether a style can stand there without an objection of this rule. */
export function isHarmless(facts: ModelFacts, rule: WrittenRule): boolean {
  return isOfExperts(facts, rule) || effectOf(facts, rule).kind === "none";
}

/** Usable rules that name neither a module of experts nor one of its parameters. */
export function denseRules(facts: ModelFacts): WrittenRule[] {
  return usableRules(facts).filter((rule) => !isOfExperts(facts, rule));
}

function isOfExperts(facts: ModelFacts, { path }: WrittenRule): boolean {
  return expertModules(facts).some((module) => path === module || isOwn(facts, module, path));
}

function isOwn(facts: ModelFacts, module: string, path: string): boolean {
  return path.startsWith(`${module}.`) && ownParameters(facts, module).includes(path);
}

function dispatchElsewhere(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  return PLN3024(styleAt(facts, rule), { path: rule.path, experts: expertModules(facts).join(", ") });
}

function overlap(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { style, path } = rule;
  const { ep_size, tp_size } = facts.sizes;
  return PLN3025(
    styleAt(facts, rule),
    { style, path, ep_size, batches: ep_size / tp_size },
    { related: unevenHeads(facts, path) },
  );
}

/** What would stand in the way of sharding attention there, even where the ranks shared a batch. */
function unevenHeads({ model, sizes }: ModelFacts, path: string): Related[] {
  const kind = /\.[kv]_proj$/.test(path) ? "num_key_value_heads" : "num_attention_heads";
  if (!path.includes("self_attn") || model.sizes[kind] % sizes.ep_size === 0) return [];
  const message = `${model.keyOf(kind)} is ${model.sizes[kind]} here, which ${sizes.ep_size} ranks could not share out`;
  return [{ message, location: model.at(kind) }];
}

export const pages = {
  PLN3024: {
    title: "tokens cannot be dispatched to this module",
    docs: `\`ep_dispatch_experts\` replaces the forward of a module of experts, which is called with the tokens, their experts and
their weights. No other module is called so.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp: ep_dispatch_experts }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts }
\`\`\``,
  },
  PLN3025: {
    title: "dense parameters cannot be sharded over ep",
    docs: `The ranks of an expert group work on different batches unless \`ep_size\` equals \`tp_size\`, and FSDP shards dense parameters
over these same ranks. A rule that shards attention, the router, a shared expert, the embedding or the head over \`ep\` ends in
"Cannot concatenate overlapping meshes" while the model is set up. Attention is not sharded by expert parallelism and need not be.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: 8
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.self_attn.q_proj: colwise
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\``,
  },
  PLN3026: {
    title: "rule does not work on this module",
    docs: `A style is a pair of hooks and a way to cut a parameter, made for one kind of module. On another it raises an error in the
first forward, or runs and computes something else.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.gate: moe_identity_expert }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: default
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "dispatch to a module that has no experts itself",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp: ep_dispatch_experts } }
#@ [78:97) PLN3024 ep_dispatch_experts on model.layers.*.mlp: only a module of experts takes dispatched tokens (model.layers.*.mlp.experts)
#@   help: leave the rule out
`,
  },
  {
    name: "attention over an expert group of different batches, whose heads would not divide either",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism:
  ep_size: 16
  fsdp_size: 8
  tp_size: 2
  base_model_ep_plan:
    layers.*.self_attn.q_proj: colwise
#@ [32:39) PLN3025 colwise would shard model.layers.*.self_attn.q_proj over the ep_size 16 ranks of an expert group, which hold 8 different batches and are already sharded by fsdp
#@   help: leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size
    layers.*.self_attn.k_proj: colwise
#@ [32:39) PLN3025 colwise would shard model.layers.*.self_attn.k_proj over the ep_size 16 ranks of an expert group, which hold 8 different batches and are already sharded by fsdp
#@   help: leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here, which 16 ranks could not share out
`,
  },
  {
    name: "what is not attention, and a parameter by its own name",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { embed_tokens: embedding_rowwise, layers.*.mlp.gate.weight: colwise } }
#@ [78:95) PLN3025 embedding_rowwise would shard model.embed_tokens over the ep_size 4 ranks of an expert group, which hold 4 different batches and are already sharded by fsdp
#@   help: leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size
#@ [123:130) PLN3025 colwise would shard model.layers.*.mlp.gate.weight over the ep_size 4 ranks of an expert group, which hold 4 different batches and are already sharded by fsdp
#@   help: leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size
`,
  },
  {
    name: "styles that hook a module which they were not made for",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp: all_reduce
#@ [19:29) PLN3026 all_reduce on model.layers.*.mlp adds up outputs that each rank has whole
#@   help: leave the rule out
    layers.*.mlp.gate: moe_identity_expert
#@ [24:43) PLN3026 moe_identity_expert on model.layers.*.mlp.gate divides the module's input by the number of ranks
#@   help: leave the rule out
    layers.*.input_layernorm: replicated_with_grad_allreduce
#@ [31:61) PLN3026 replicated_with_grad_allreduce on model.layers.*.input_layernorm adds up gradients that FSDP averages already
#@   help: leave the rule out
    layers.*.self_attn: colwise
#@ [25:32) PLN3026 colwise on model.layers.*.self_attn fails: it is for linear layers and embeddings
#@   help: leave the rule out
`,
  },
  {
    name: "the head in pieces, over ranks that share a batch",
    plan: `
parallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4, base_model_ep_plan: { lm_head: colwise } }
#@ [85:92) PLN3026 colwise on lm_head fails or leaves its output in pieces
#@   help: leave the rule out
`,
  },
  {
    name: "a parameter in pieces, and dispatch, over ranks that share a batch",
    plan: `
parallelism:
  ep_size: 2
  tp_size: 2
  fsdp_size: 4
  base_model_ep_plan:
    layers.*.mlp.gate.weight: colwise
#@ [31:38) PLN3026 colwise on model.layers.*.mlp.gate.weight cuts a parameter that its module computes with whole
#@   help: leave the rule out
    layers.*.self_attn: ep_dispatch_experts
#@ [25:44) PLN3024 ep_dispatch_experts on model.layers.*.self_attn: only a module of experts takes dispatched tokens (model.layers.*.mlp.experts)
#@   help: leave the rule out
`,
  },
  {
    name: "rules that change nothing",
    shows: "nothing",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.self_attn.q_proj: replicate
    layers.*.mlp.gate: local_params
`,
  },
  {
    name: "the head whole again, over ranks that share a batch",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4, base_model_ep_plan: { lm_head: colwise_gather_output } }
`,
  },
];

export const examples: Examples = {
  PLN3024: { under: "parallelism" },
  PLN3026: { under: "parallelism" },
};
