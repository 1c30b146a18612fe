import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { report } from "../../../diagnostics/report.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import { patternOf } from "../placement/ep-plan.ts";
import type { Placed } from "../placement/place.ts";
import { shardedOver } from "../placement/shards.ts";

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
  return report(
    "PLN3034",
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
  return report("PLN3034", facts.plan.written.at("parallelism.tp_size"), values, {
    variant: "rows",
    help: "lower tp_size or fsdp_size; replicas are dp_replicate_size",
  });
}

function isFilled(rows: number, ranks: number): boolean {
  return Math.ceil(rows / ranks) * (ranks - 1) < rows;
}

export const examples: Examples = {
  PLN3034: { config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 8 } } },
};
