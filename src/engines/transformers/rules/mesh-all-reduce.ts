import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

/** `all_reduce` sums what each rank's experts made of one shared batch: EP and TP groups must be the same ranks. */
export const allReduce: Rule<ModelFacts> = {
  name: "mesh-all-reduce",
  *check({ plan, sizes }) {
    const { ep_size, tp_size } = sizes;
    if (plan.parallelism.ep_implementation !== "all_reduce" || ep_size === 1 || ep_size === tp_size) return;
    const location = plan.written.at("parallelism.ep_implementation");
    yield report("PLN3008", location, { ep_size, tp_size }, { fixes: [replaceWith(location, "all_to_all")] });
  },
};
