import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt, expertsAt } from "./ep-size-advice.ts";

/** Experts are sharded whole: each rank of an EP group owns `num_experts / ep_size` of them. */
export const expertsDivisible: Rule<ModelFacts> = {
  name: "mesh-experts-divisible",
  *check(facts) {
    const { ep_size } = facts.sizes;
    const num_experts = facts.model.sizes.num_experts;
    if (ep_size === 1 || num_experts % ep_size === 0) return;
    yield report(
      "PLN3002",
      epSizeAt(facts),
      { num_experts, ep_size, remainder: num_experts % ep_size },
      { ...epSizeAdvice(facts), related: [expertsAt(facts)] },
    );
  },
};
