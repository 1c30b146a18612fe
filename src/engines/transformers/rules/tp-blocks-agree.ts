import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import type { WrittenRule } from "../placement/ep-plan.ts";
import { type BrokenBlock, brokenBlocks, sharedBatchStyles } from "../placement/tp-blocks.ts";
import { denseRules } from "./ep-dense-rules.ts";
import { styleAt } from "./ep-rules.ts";

/** Tensor parallelism shards a layer's projections together; a rule of the expert plan can tear them apart. */
export const tpBlocksAgree: Rule<ModelFacts> = {
  name: "tp-blocks-agree",
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
  return report("PLN3028", styleAt(facts, rule), {
    style: rule.style,
    path: rule.path,
    module: block.module,
    found: block.style ?? "no style",
    layout: block.layout === "sharded" ? `sharded over tp_size ${facts.sizes.tp_size}` : "whole",
  });
}

function brokenByRelease({ plan, model, release, sizes }: ModelFacts, block: BrokenBlock): Diagnostic {
  return report("PLN3032", plan.written.at("parallelism.tp_size"), {
    tp_size: sizes.tp_size,
    release: release.version,
    module: block.module,
    model_type: model.model_type,
  });
}

export const examples: Examples = {
  PLN3032: { config: { of: "GLM-4.5-Air", with: { use_qk_norm: true, num_hidden_layers: 4 } } },
};
