import type { Rule } from "../../../check/rule.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";

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

export const cases: readonly Case[] = [
  {
    name: "all_reduce over fsdp",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, ep_implementation: all_reduce }
#@ [61:71) PLN3008 ep_implementation all_reduce needs ep_size 4 to equal tp_size 1
#@   help: use all_to_all, which sends each token to the ranks of its experts
#@   fix "change it to all_to_all" -> fine
`,
  },
  {
    name: "all_reduce over tp alone",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 2, fsdp_size: 4, tp_size: 2, ep_implementation: all_reduce }
`,
  },
];
