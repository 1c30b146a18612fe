import type { Rule } from "../../../check/rule.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
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
