import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { headNames } from "./heads-shared.ts";

/** Says that fewer heads than ranks of an expert group is fine, since other stacks refuse it. */
export const headsUnsharded: Rule<ModelFacts> = {
  name: "heads-unsharded",
  *check({ plan, model, sizes }) {
    const { ep_size, tp_size } = sizes;
    const kind = "num_key_value_heads";
    const heads = model.sizes[kind];
    if (tp_size > 1 || ep_size === 1 || heads % ep_size === 0) return;
    yield report(
      "PLN3031",
      plan.written.at("parallelism.ep_size"),
      { heads, kind: headNames[kind], ep_size },
      {
        related: [{ message: `${model.keyOf(kind)} is ${heads} here`, location: model.at(kind) }],
      },
    );
  },
};
