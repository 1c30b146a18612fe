import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Placed } from "../../../stack/mesh.ts";
import { nearest, orList } from "../../../text/words.ts";
import type { MeshFacts } from "../facts.ts";
import { emptyRanks } from "../issues/sharding.ts";
import { patternOf } from "../placement/ep-plan.ts";
import { shardedOver } from "../placement/shards.ts";
import { legalEpSizes, legalHelp } from "./legal-ep-sizes.ts";

export const PLN3034 = diagnostic("PLN3034", {
  severity: "error",
  messages: {
    default: text`${"rows"} of the ${"num_experts"} experts over ${"axis"} ${"ranks"}: ${"each"} a rank, so ${"empty"} of the ranks would get none`,
    rows: text`${"rows"} rows of ${"path"} over ${"axis"} ${"ranks"}: ${"each"} a rank, so ${"empty"} of the ranks would get none`,
  },
});

/**
 * A rank whose share of a parameter is empty. FSDP pads, so the engine only minds while it loads: where it collects
 * experts one by one and a rank has none to stack, and where a dim is cut over two axes. That rank then fails, and the
 * others wait for it.
 */
export const shardsFilled: Rule<MeshFacts> = {
  name: "shards-filled",
  *check(facts) {
    const unfilled = facts.placed.filter((placed) => isMinded(placed) && shards(facts, placed).empty > 0);
    const experts = unfilled.find(({ parameter }) => parameter.kind === "expert");
    const dense = unfilled.find(({ parameter }) => parameter.kind !== "expert");
    if (experts !== undefined) yield fewExperts(facts, experts);
    if (dense !== undefined) yield fewRows(facts, dense);
  },
};

function isMinded({ parameter, placement }: Placed): boolean {
  const isCutTwice = Object.values(placement).filter((cut) => cut === "Shard(0)").length > 1;
  return isCutTwice || parameter.stored.some((name) => name.includes("{expert}"));
}

function shards({ mesh }: MeshFacts, placed: Placed) {
  return shardedOver(placed, mesh);
}

function fewExperts(facts: MeshFacts, placed: Placed): Diagnostic {
  const { plan, model, sizes } = facts;
  const { axis, ranks, rows, each, empty } = shards(facts, placed);
  const num_experts = model.sizes.num_experts;
  const legal = legalEpSizes(facts);
  const at = sizes.ep_size > 1 ? "parallelism.ep_size" : "parallelism.fsdp_size";
  return PLN3034(
    plan.written.at(at),
    { num_experts, rows, axis, ranks, each, empty },
    {
      help: legal.length > 0 ? `ep_size can be ${orList(nearest(sizes.ep_size, legal))} here` : legalHelp(facts),
      related: [{ message: `${model.keyOf("num_experts")} is ${num_experts} here`, location: model.at("num_experts") }],
      issue: emptyRanks,
    },
  );
}

function fewRows(facts: MeshFacts, placed: Placed): Diagnostic {
  const { axis, ranks, rows, each, empty } = shards(facts, placed);
  const values = { path: patternOf(placed.parameter.name), rows, axis, ranks, each, empty };
  return PLN3034(facts.plan.written.at("parallelism.tp_size"), values, {
    variant: "rows",
    help: "lower tp_size or fsdp_size; replicas are dp_replicate_size",
    issue: emptyRanks,
  });
}

export const pages = {
  PLN3034: {
    title: "ranks without a share",
    docs: `FSDP shares out the experts that expert parallelism leaves to a rank over \`efsdp\` (over \`fsdp\` where \`ep_size\` is 1), in chunks of
\`ceil(experts / ranks)\`: 6 over 4 ranks is 2, 2, 2 and none. A rank without an expert fails while it loads a checkpoint that
stores experts one by one, or whose experts are sharded over \`ep\` too, and the others wait for it until the timeout.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { fsdp_size: 16 }                 # 8 experts
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { fsdp_size: 8, dp_replicate_size: 2 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "6 local experts in chunks of 2 over 4 ranks",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 4, num_local_experts: 12 } },
    plan: `
parallelism: { ep_size: 2, fsdp_size: 8 }
#@ [25:26) PLN3034 6 of the 12 experts over efsdp 4: 2 a rank, so 1 of the ranks would get none
#@   help: ep_size can be 4 here
#@   issue: empty-ranks
#@   related config.json 18:[24:26) | "num_local_experts": «12», | num_local_experts is 12 here
`,
  },
  {
    name: "no ep_size would do, and fewer shards would",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 4, num_local_experts: 12 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 9 }
parallelism: { ep_size: 3, fsdp_size: 9 }
#@ [25:26) PLN3034 4 of the 12 experts over efsdp 3: 2 a rank, so 1 of the ranks would get none
#@   help: no ep_size is legal here: with fsdp_size 3 and dp_replicate_size 3 it can be 1 or 3
#@   issue: empty-ranks
#@   related config.json 18:[24:26) | "num_local_experts": «12», | num_local_experts is 12 here
`,
  },
  {
    name: "without expert parallelism, where experts are stored one by one",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 4, num_local_experts: 8 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism:
  fsdp_size: 16
#@ [14:16) PLN3034 8 of the 8 experts over fsdp 16: 1 a rank, so 8 of the ranks would get none
#@   help: no ep_size is legal here: with fsdp_size 8 and dp_replicate_size 2 it can be 1, 2, 4 or 8
#@   issue: empty-ranks
#@   related config.json 18:[24:25) | "num_local_experts": «8», | num_local_experts is 8 here
`,
  },
  {
    name: "rows that tp left of a dense parameter",
    config: { with: { num_key_value_heads: 2, head_dim: 4, num_attention_heads: 4 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { tp_size: 2, fsdp_size: 8, ep_size: 4 }
#@ [25:26) PLN3034 4 rows of model.layers.*.self_attn.k_proj.weight over fsdp 8: 1 a rank, so 4 of the ranks would get none
#@   help: lower tp_size or fsdp_size; replicas are dp_replicate_size
#@   issue: empty-ranks
`,
  },
  {
    name: "as many experts as ranks",
    shows: "nothing",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 4, num_local_experts: 8 } },
    plan: `
parallelism: { ep_size: 2, fsdp_size: 8 }
`,
  },
  {
    name: "experts stored together are cut as they are read",
    shows: "nothing",
    config: {
      of: "gpt-oss-20b",
      with: { num_local_experts: 8, quantization_config: undefined, router_aux_loss_coef: 0.001 },
    },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { fsdp_size: 16 }
`,
  },
];

export const examples: Examples = {
  PLN3034: { config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 8 } } },
};
