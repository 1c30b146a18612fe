import type { Examples } from "../../../diagnostics/case.ts";
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

export const examples: Examples = {
  PLN3024: { under: "parallelism" },
  PLN3026: { under: "parallelism" },
};
