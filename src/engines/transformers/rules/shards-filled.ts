import type { Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Placed } from "../../../stack/mesh.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { MeshFacts } from "../facts.ts";
import { patternOf } from "../placement/ep-plan.ts";
import { shardedOver } from "../placement/shards.ts";

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
  const over = sizes.fsdp_size * sizes.tp_size;
  const legal = divisors(over).filter(
    (ep) => ep % sizes.tp_size === 0 && num_experts % ep === 0 && isFilled(num_experts / ep, over / ep),
  );
  const at = sizes.ep_size > 1 ? "parallelism.ep_size" : "parallelism.fsdp_size";
  return PLN3034(
    plan.written.at(at),
    { num_experts, rows, axis, ranks, each, empty },
    {
      help:
        legal.length > 0
          ? `ep_size can be ${orList(nearest(sizes.ep_size, legal))} here`
          : "shard over fewer ranks: set dp_replicate_size",
      related: [{ message: `${model.keyOf("num_experts")} is ${num_experts} here`, location: model.at("num_experts") }],
    },
  );
}

function fewRows(facts: MeshFacts, placed: Placed): Diagnostic {
  const { axis, ranks, rows, each, empty } = shards(facts, placed);
  const values = { path: patternOf(placed.parameter.name), rows, axis, ranks, each, empty };
  return PLN3034(facts.plan.written.at("parallelism.tp_size"), values, {
    variant: "rows",
    help: "lower tp_size or fsdp_size; replicas are dp_replicate_size",
  });
}

function isFilled(rows: number, ranks: number): boolean {
  return Math.ceil(rows / ranks) * (ranks - 1) < rows;
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

export const examples: Examples = {
  PLN3034: { config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 8 } } },
};
