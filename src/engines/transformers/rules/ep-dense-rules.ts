import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Diagnostic, Related } from "../../../diagnostics/diagnostic.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { isInBlock } from "../placement/tp-blocks.ts";
import { type DenseEffect, denseEffect, type Role, sharedDenseEffect } from "../releases/5.23/dense-effects.ts";
import { expertModules, isParameter, ownParameters, styleAt, usableRules } from "./ep-rules.ts";

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
        yield report("PLN3026", styleAt(facts, rule), { style: rule.style, path: rule.path, why: effect.why });
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
  if (ep_size !== tp_size) return denseEffect(style, target);
  if (isInBlock(path) && style !== "ep_dispatch_experts") return { kind: "none" };
  return sharedDenseEffect(style, roleOf(path), target);
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
  return report("PLN3024", styleAt(facts, rule), { path: rule.path, experts: expertModules(facts).join(", ") });
}

function overlap(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { style, path } = rule;
  const { ep_size, tp_size } = facts.sizes;
  return report(
    "PLN3025",
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

export const examples: Examples = {
  PLN3024: { under: "parallelism" },
  PLN3026: { under: "parallelism" },
};
