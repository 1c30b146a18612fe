import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt } from "./ep-size-advice.ts";
import { productFits } from "./mesh-product.ts";

export const PLN3004 = diagnostic("PLN3004", {
  severity: "error",
  messages: {
    default: text`ep_size ${"ep_size"} does not divide fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} = ${"ranks"} ranks`,
    replicas: text`ep_size ${"ep_size"} does not divide fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} = ${"ranks"} ranks: an expert-parallel group cannot span the ${"replicas"} replicas of dp_replicate_size`,
  },
});

/** EP groups and `efsdp` together tile the ranks of one replica. Silent while the product itself does not fit. */
export const epDividesRanks: Rule<ModelFacts> = {
  name: "mesh-ep-divides-ranks",
  after: ["mesh-ep-multiple-of-tp"],
  *check(facts) {
    const { ep_size, fsdp_size, tp_size } = facts.sizes;
    const ranks = fsdp_size * tp_size;
    if (ep_size === 1 || ranks % ep_size === 0 || !productFits(facts.sizes)) return;
    const replicas = facts.sizes.dp_replicate_size;
    const variant = replicas > 1 && (ranks * replicas) % ep_size === 0 ? "replicas" : "default";
    yield PLN3004(
      epSizeAt(facts),
      { ep_size, fsdp_size, tp_size, ranks, replicas },
      {
        variant,
        ...epSizeAdvice(facts),
      },
    );
  },
};

export const pages = {
  PLN3004: {
    title: "ep_size does not divide the ranks of a replica",
    docs: `Experts see the ranks of one replica as \`efsdp * ep\`, with \`efsdp = fsdp_size * tp_size / ep_size\`, which must be whole.
\`dp_replicate_size\` does not count: each replica holds all the experts.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 8, dp_replicate_size: 2 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 16 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "ep 16 on 8 ranks",
    plan: `
parallelism: { ep_size: 16, fsdp_size: 8 }
#@ [25:27) PLN3004 ep_size 16 does not divide fsdp_size 8 * tp_size 1 = 8 ranks
#@   help: legal ep_size here: 1, 2, 4 or 8
#@   fix "change it to 8" -> PLN3031
`,
  },
  {
    name: "ep over the replicas",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism:
  ep_size: 16
#@ [12:14) PLN3004 ep_size 16 does not divide fsdp_size 8 * tp_size 1 = 8 ranks: an expert-parallel group cannot span the 2 replicas of dp_replicate_size
#@   help: legal ep_size here: 1, 2, 4 or 8
#@   fix "change it to 8" -> PLN3031
  fsdp_size: 8
  dp_replicate_size: 2
`,
  },
  {
    name: "replicas that would not help",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 32, dp_replicate_size: 2 }
#@ [25:27) PLN3004 ep_size 32 does not divide fsdp_size 8 * tp_size 1 = 8 ranks
#@   help: legal ep_size here: 1, 2, 4 or 8
#@   fix "change it to 8" -> PLN3031
`,
  },
];
