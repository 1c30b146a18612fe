import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";
import { headsUnchecked } from "../issues/sharding.ts";
import { defaultEpPlan } from "../placement/ep-plan.ts";
import { type HeadCount, headProjections, shardedHeads, sharedBatchStyles } from "../placement/tp-blocks.ts";
import { styleAt, usableRules } from "./ep-rules.ts";

export const PLN3030 = diagnostic("PLN3030", {
  severity: "error",
  messages: {
    default: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: ${"remainder"} would be left over`,
    few: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: there are fewer heads than ranks`,
    rules: text`the rules shard attention over ep_size ${"size"}, by which the ${"heads"} ${"kind"} do not divide`,
  },
});

export const headNames = {
  num_attention_heads: "attention heads",
  num_key_value_heads: "key-value heads",
} as const;

/** Whole heads to each rank where attention is sharded over `tp`. The engine finds out in its first forward. */
export const headsShared: Rule<ModelFacts> = {
  name: "heads-shared",
  *check(facts) {
    const { model, release, sizes, epPlan } = facts;
    if (sizes.tp_size === 1) return;
    const kinds = shardedHeads(model, sharedBatchStyles(model, release, sizes, epPlan));
    const uneven = kinds.filter((kind) => model.sizes[kind] % sizes.tp_size !== 0);
    const kind = uneven.sort((a, b) => model.sizes[a] - model.sizes[b])[0];
    if (kind !== undefined) yield unevenByRule(facts, kind) ?? unevenBySize(facts, kind, kinds);
  },
};

/** Where the family's own plan leaves attention whole, the written rule is to blame. */
function unevenByRule(facts: ModelFacts, kind: HeadCount): Diagnostic | undefined {
  const { model, release, sizes } = facts;
  const usual = shardedHeads(model, sharedBatchStyles(model, release, sizes, defaultEpPlan(model, release)));
  if (usual.includes(kind)) return undefined;
  const rule = usableRules(facts).find(({ path }) => headProjections[kind].includes(path.split(".").at(-1) ?? ""));
  if (rule === undefined) return undefined;
  const values = { heads: model.sizes[kind], kind: headNames[kind], size: sizes.ep_size };
  return PLN3030(styleAt(facts, rule), values, {
    variant: "rules",
    help: "leave the rule out",
    related: [headsAt(facts, kind)],
  });
}

function unevenBySize(facts: ModelFacts, kind: HeadCount, kinds: readonly HeadCount[]): Diagnostic {
  const { plan, model, sizes } = facts;
  const { tp_size, ep_size } = sizes;
  const heads = model.sizes[kind];
  const legal = divisors(sizes.fsdp_size * tp_size).filter(
    (size) => kinds.every((each) => model.sizes[each] % size === 0) && (ep_size === 1 || ep_size % size === 0),
  );
  const location = plan.written.at("parallelism.tp_size");
  const best = plan.written.has("parallelism.fsdp_size") ? undefined : legal.at(-1);
  return PLN3030(
    location,
    { heads, kind: headNames[kind], size: tp_size, remainder: heads % tp_size },
    {
      variant: heads < tp_size ? "few" : "default",
      help: `tp_size can be ${orList(nearest(tp_size, legal))} here; fsdp_size and ep_size have no such limit`,
      related: [headsAt(facts, kind)],
      fixes: best === undefined ? [] : [replaceWith(location, best)],
      issue: headsUnchecked,
    },
  );
}

function headsAt({ model }: ModelFacts, kind: HeadCount) {
  return { message: `${model.keyOf(kind)} is ${model.sizes[kind]} here`, location: model.at(kind) };
}

export const pages = {
  PLN3030: {
    title: "heads cannot be shared out evenly",
    docs: `Tensor parallelism gives each rank whole heads: \`num_attention_heads / tp_size\` and \`num_key_value_heads / tp_size\`.
The engine does not check it when it loads; the first forward fails with "shape is invalid". \`fsdp_size\` and \`ep_size\` do not
split attention, so they have no such limit.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 8, ep_size: 8 }        # 4 key-value heads
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "fewer heads than ranks",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { tp_size: 8, ep_size: 8 }
#@ [25:26) PLN3030 4 key-value heads cannot be shared out over tp_size 8: there are fewer heads than ranks
#@   help: tp_size can be 1, 2 or 4 here; fsdp_size and ep_size have no such limit
#@   issue: heads-unchecked
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@   fix "change it to 4" -> fine
`,
  },
  {
    name: "a remainder, and fsdp_size is written, so that more than tp_size would have to change",
    config: { with: { num_attention_heads: 36, num_key_value_heads: 6, head_dim: 128 } },
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 2
  tp_size: 4
#@ [12:13) PLN3030 6 key-value heads cannot be shared out over tp_size 4: 2 would be left over
#@   help: tp_size can be 1 or 2 here; fsdp_size and ep_size have no such limit
#@   issue: heads-unchecked
#@   related config.json 25:[26:27) | "num_key_value_heads": «6», | num_key_value_heads is 6 here
`,
  },
  {
    name: "query heads alone",
    config: { with: { num_attention_heads: 30, num_key_value_heads: 8 } },
    plan: `
parallelism: { tp_size: 4, ep_size: 4 }
#@ config.json 21:[26:28) | "num_attention_heads": «30», | PLN2044 num_attention_heads 30 is no multiple of num_key_value_heads 8
#@   related config.json 25:[26:27) | "num_key_value_heads": «8», | num_key_value_heads is 8 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ [25:26) PLN3030 30 attention heads cannot be shared out over tp_size 4: 2 would be left over
#@   help: tp_size can be 1 or 2 here; fsdp_size and ep_size have no such limit
#@   issue: heads-unchecked
#@   related config.json 21:[26:28) | "num_attention_heads": «30», | num_attention_heads is 30 here
#@   fix "change it to 2" -> PLN2044
`,
  },
  {
    name: "a rule that breaks its block as well",
    config: "OLMoE-1B-7B-0924",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 3, gpus_per_node: 8 }
parallelism:
  ep_size: 3
#@ [12:13) PLN3002 64 experts cannot be shared out over ep_size 3: 1 would be left over
#@   help: legal ep_size here: 1
#@   related config.json 17:[18:20) | "num_experts": «64», | num_experts is 64 here
  fsdp_size: 8
  tp_size: 3
  base_model_ep_plan:
    layers.*.self_attn.k_proj: colwise
#@ [32:39) PLN3030 the rules shard attention over ep_size 3, by which the 16 key-value heads do not divide
#@   help: leave the rule out
#@   related config.json 20:[26:28) | "num_key_value_heads": «16», | num_key_value_heads is 16 here
`,
  },
  {
    name: "a rule shards attention that the family leaves whole",
    config: {
      of: "DeepSeek-V3",
      with: { num_attention_heads: 126, num_hidden_layers: 4, quantization_config: undefined },
    },
    plan: `
cluster: { gpu: h200-sxm-141gb, nodes: 1, gpus_per_node: 8 }
parallelism:
  tp_size: 4
  ep_size: 4
  base_model_ep_plan:
    layers.*.self_attn.q_b_proj: colwise
#@ [34:41) PLN3030 the rules shard attention over ep_size 4, by which the 126 attention heads do not divide
#@   help: leave the rule out
#@   related config.json 29:[26:29) | "num_attention_heads": «126», | num_attention_heads is 126 here
    layers.*.self_attn.kv_a_proj_with_mqa: mla_kv_a_proj
    layers.*.self_attn.kv_b_proj: colwise
    layers.*.self_attn.o_proj: rowwise
`,
  },
  {
    name: "heads that divide",
    shows: "nothing",
    plan: `
parallelism: { tp_size: 4, ep_size: 4, fsdp_size: 2 }
`,
  },
  {
    name: "heads of a family whose plan leaves attention whole",
    shows: "nothing",
    config: {
      of: "DeepSeek-V3",
      with: { num_attention_heads: 126, num_hidden_layers: 4, quantization_config: undefined },
    },
    plan: `
cluster: { gpu: h200-sxm-141gb, nodes: 1, gpus_per_node: 8 }
parallelism: { tp_size: 4, ep_size: 4 }
`,
  },
];
