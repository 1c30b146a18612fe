import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt } from "./ep-size-advice.ts";

/** A tensor-parallel group shares one batch, so an EP group must hold whole ones. */
export const epMultipleOfTp: Rule<ModelFacts> = {
  name: "mesh-ep-multiple-of-tp",
  *check(facts) {
    const { ep_size, tp_size } = facts.sizes;
    if (ep_size === 1 || ep_size % tp_size === 0) return;
    yield report(
      "PLN3003",
      epSizeAt(facts),
      { ep_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [{ message: `tp_size is ${tp_size} here`, location: facts.plan.written.at("parallelism.tp_size") }],
      },
    );
  },
};
