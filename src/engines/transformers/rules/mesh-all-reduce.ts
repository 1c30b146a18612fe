import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3008 = diagnostic("PLN3008", {
  severity: "error",
  messages: { default: text`ep_implementation all_reduce needs ep_size ${"ep_size"} to equal tp_size ${"tp_size"}` },
  help: "use all_to_all, which sends each token to the ranks of its experts",
});

/** `all_reduce` sums what each rank's experts made of one shared batch: EP and TP groups must be the same ranks. */
export const meshAllReduce: Rule<ModelFacts> = {
  name: "mesh-all-reduce",
  *check({ plan, sizes }) {
    const { ep_size, tp_size } = sizes;
    if (plan.parallelism.ep_implementation !== "all_reduce" || ep_size === 1 || ep_size === tp_size) return;
    const location = plan.written.at("parallelism.ep_implementation");
    yield PLN3008(location, { ep_size, tp_size }, { fixes: [replaceWith(location, "all_to_all")] });
  },
};

export const pages = {
  PLN3008: {
    title: "all_reduce needs one batch for the whole group",
    docs: `\`all_reduce\` runs each rank's experts on the batch that the whole group shares and sums the outputs. Only the ranks of a
tensor-parallel group share a batch.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_reduce }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_to_all }
\`\`\``,
  },
} satisfies Pages;

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
