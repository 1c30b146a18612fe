import { capped } from "../../../diagnostics/capped.ts";
import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { suggestionFor, type WrittenRule } from "../placement/ep-plan.ts";
import { patternAt, writtenRules } from "./ep-rules.ts";

export const PLN3021 = diagnostic("PLN3021", {
  severity: "error",
  messages: {
    default: text`${"pattern"} matches no module and no parameter of ${"architecture"}`,
    numbered: text`${"pattern"} names a single layer; the engine compares patterns with names whose layer is a *`,
    twice: text`${"pattern"} and ${"other"} are the same module: one of the two rules is lost`,
  },
});

/** Patterns that match nothing, numbered layers, and two patterns for one module. The engine refuses all, late. */
export const epRuleNames: Rule<ModelFacts> = {
  name: "ep-rule-names",
  check(facts) {
    const mistakes: (() => Diagnostic)[] = [];
    const seen = new Map<string, WrittenRule>();
    for (const rule of writtenRules(facts)) {
      if (rule.names !== "module or parameter") mistakes.push(() => unmatched(facts, rule));
      const other = seen.get(rule.path);
      if (other !== undefined) mistakes.push(() => twice(facts, rule, other));
      seen.set(rule.path, rule);
    }
    return capped(mistakes, (explain) => explain());
  },
};

function unmatched(facts: ModelFacts, rule: WrittenRule): Diagnostic {
  const { model } = facts;
  const suggestion = suggestionFor(model, rule);
  const location = patternAt(facts, rule);
  const variant = rule.names === "numbered layer" ? "numbered" : "default";
  const advice =
    suggestion === undefined
      ? {}
      : {
          help: variant === "numbered" ? `write ${suggestion}` : `did you mean ${suggestion}?`,
          fixes: [replaceWith(location, suggestion)],
        };
  const values = { pattern: rule.pattern, architecture: model.architecture };
  return PLN3021(location, values, { variant, ...advice });
}

function twice(facts: ModelFacts, rule: WrittenRule, other: WrittenRule): Diagnostic {
  const related = [{ message: `${other.pattern} is written here`, location: patternAt(facts, other) }];
  const values = { pattern: rule.pattern, other: other.pattern };
  return PLN3021(patternAt(facts, rule), values, { variant: "twice", related, help: "keep one of the two" });
}

export const pages = {
  PLN3021: {
    title: "rule matches nothing in the model",
    docs: `A pattern is the name of a module or parameter with \`*\` for the layer, with or without the base model's prefix:
\`layers.*.mlp.experts\` and \`model.layers.*.mlp.experts\` are the same. \`*\` stands for the number of a layer only, not for part
of a name. Experts are fused in memory, whatever the checkpoint stores: their parameters are \`experts.gate_up_proj\` and
\`experts.down_proj\`, not one matrix for each expert. The engine refuses a pattern that matches nothing.

Wrong:

\`\`\`yaml
base_model_ep_plan:
  layers.0.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_proj: grouped_gemm
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_up_proj: grouped_gemm
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "no module of that name, but one of nearly that name",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.expert: ep_dispatch_experts
#@ [05:24) PLN3021 layers.*.mlp.expert matches no module and no parameter of Qwen3MoeForCausalLM
#@   help: did you mean layers.*.mlp.experts?
#@   fix "change it to layers.*.mlp.experts" -> PLN3021
    layers.*.feed_forward.w1: replicate
#@ [05:29) PLN3021 layers.*.feed_forward.w1 matches no module and no parameter of Qwen3MoeForCausalLM
`,
  },
  {
    name: "a name far from all",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.feed_forward.w1: replicate } }
#@ [64:88) PLN3021 layers.*.feed_forward.w1 matches no module and no parameter of Qwen3MoeForCausalLM
`,
  },
  {
    name: "without expert parallelism too, as the engine does; the suggestion is spelt as the pattern is",
    plan: `
parallelism: { fsdp_size: 8, base_model_ep_plan: { model.layers.*.mlp.gates: replicate } }
#@ [30:48) PLN3027 warning: the rules of base_model_ep_plan are not used: ep_size is 1
#@   help: set ep_size, or leave the rules out
#@ [52:76) PLN3021 model.layers.*.mlp.gates matches no module and no parameter of Qwen3MoeForCausalLM
#@   help: did you mean model.layers.*.mlp.gate?
#@   fix "change it to model.layers.*.mlp.gate" -> PLN3027
`,
  },
  {
    name: "a single layer",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.0.mlp.experts: ep_dispatch_experts } }
#@ [64:84) PLN3021 layers.0.mlp.experts names a single layer; the engine compares patterns with names whose layer is a *
#@   help: write layers.*.mlp.experts
#@   fix "change it to layers.*.mlp.experts" -> fine
`,
  },
  {
    name: "one module twice",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: ep_dispatch_experts
    model.layers.*.mlp.experts: ep_dispatch_experts
#@ [05:31) PLN3021 model.layers.*.mlp.experts and layers.*.mlp.experts are the same module: one of the two rules is lost
#@   help: keep one of the two
#@   related 5:[05:25) layers.*.mlp.experts is written here
`,
  },
  {
    name: "a module and a parameter, with and without the prefix of the base model",
    shows: "nothing",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.mlp.experts: ep_dispatch_experts
    model.layers.*.mlp.experts.down_proj: grouped_gemm
`,
  },
];

export const examples: Examples = { PLN3021: { under: "parallelism" } };
