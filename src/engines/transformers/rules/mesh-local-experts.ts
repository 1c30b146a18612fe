import type { Rule } from "../../../check/rule.ts";
import type { Case, Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { epSizeAdvice, epSizeAt, expertsAt } from "./ep-size-advice.ts";

/** FSDP cuts what EP left of an expert stack along the experts: a rank without a row fails at load, others hang. */
export const localExperts: Rule<ModelFacts> = {
  name: "mesh-local-experts",
  *check(facts) {
    const { ep_size, fsdp_size, tp_size } = facts.sizes;
    const efsdp = (fsdp_size * tp_size) / ep_size;
    const num_experts = facts.model.sizes.num_experts;
    const local = num_experts / ep_size;
    if (ep_size === 1 || !Number.isInteger(local) || !Number.isInteger(efsdp) || local >= efsdp) return;
    yield report(
      "PLN3005",
      epSizeAt(facts),
      { num_experts, ep_size, local, efsdp, fsdp_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [expertsAt(facts)],
      },
    );
  },
};

export const cases: readonly Case[] = [
  {
    name: "one expert a rank, which four ranks share",
    config: "Mixtral-8x7B-v0.1",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 32 }
#@ [25:26) PLN3005 8 experts over ep_size 8 leave 1 a rank, fewer than the 4 ranks that shard them (efsdp = fsdp_size 32 * tp_size 1 / ep_size 8)
#@   help: legal ep_size here: 1
#@   related config.json 18:[24:25) | "num_local_experts": «8», | num_local_experts is 8 here
`,
  },
  {
    name: "as many experts as ranks",
    shows: "nothing",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_local_experts: 32, num_hidden_layers: 8 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 32 }
`,
  },
];

export const examples: Examples = {
  PLN3005: { config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 8 } } },
};
