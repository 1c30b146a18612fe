import type { Rule } from "../../../check/rule.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";
import { shardedHeads, sharedBatchStyles } from "../tp-blocks.ts";

export const headNames = {
  num_attention_heads: "attention heads",
  num_key_value_heads: "key-value heads",
} as const;

/** Whole heads to each rank where attention is sharded over `tp`. The engine finds out in its first forward. */
export const headsShared: Rule<ModelFacts> = {
  name: "heads-shared",
  *check(facts) {
    const { plan, model, release, sizes, epPlan } = facts;
    const { tp_size } = sizes;
    if (tp_size === 1) return;
    const kinds = shardedHeads(model, sharedBatchStyles(model, release, sizes, epPlan));
    const uneven = kinds.filter((kind) => model.sizes[kind] % tp_size !== 0);
    const kind = uneven.sort((a, b) => model.sizes[a] - model.sizes[b])[0];
    if (kind === undefined) return;
    const heads = model.sizes[kind];
    const legal = divisors(Math.max(1, sizes.fsdp_size * tp_size)).filter(
      (size) =>
        kinds.every((each) => model.sizes[each] % size === 0) && sizes.ep_size % (sizes.ep_size > 1 ? size : 1) === 0,
    );
    const best = plan.written.has("parallelism.fsdp_size") ? undefined : legal.at(-1);
    const location = plan.written.at("parallelism.tp_size");
    const variant = heads < tp_size ? "few" : "default";
    yield report(
      "PLN3030",
      location,
      { heads, kind: headNames[kind], size: tp_size, remainder: heads % tp_size },
      {
        variant,
        help: `tp_size can be ${orList(nearest(tp_size, legal))} here; fsdp_size and ep_size have no such limit`,
        related: [{ message: `${model.keyOf(kind)} is ${heads} here`, location: model.at(kind) }],
        fixes: best === undefined ? [] : [replaceWith(location, best)],
      },
    );
  },
};
