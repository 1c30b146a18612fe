import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt } from "./ep-size-advice.ts";
import { productFits } from "./mesh-product.ts";

/** EP groups and `efsdp` together tile the ranks of one replica. Silent while the product itself does not fit. */
export const epDividesRanks: Rule<ModelFacts> = {
  name: "mesh-ep-divides-ranks",
  *check(facts) {
    const { ep_size, fsdp_size, tp_size } = facts.sizes;
    const ranks = fsdp_size * tp_size;
    if (ep_size === 1 || ranks % ep_size === 0 || !productFits(facts.sizes)) return;
    const replicas = facts.sizes.dp_replicate_size;
    const variant = replicas > 1 && (ranks * replicas) % ep_size === 0 ? "replicas" : "default";
    yield report(
      "PLN3004",
      epSizeAt(facts),
      { ep_size, fsdp_size, tp_size, ranks, replicas },
      {
        variant,
        ...epSizeAdvice(facts),
      },
    );
  },
};
