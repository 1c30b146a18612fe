import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { emptyRanks } from "../issues/sharding.ts";
import { epSizeAdvice, epSizeAt, expertsAt } from "./ep-size-advice.ts";

export const PLN3005 = diagnostic("PLN3005", {
  severity: "error",
  messages: {
    default: text`${"num_experts"} experts over ep_size ${"ep_size"} leave ${"local"} a rank, fewer than the ${"efsdp"} ranks that shard them (efsdp = fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} / ep_size ${"ep_size"})`,
  },
});

/** FSDP cuts what EP left of an expert stack along the experts: a rank without a row fails at load, others hang. */
export const meshLocalExperts: Rule<ModelFacts> = {
  name: "mesh-local-experts",
  after: ["mesh-experts-divisible"],
  *check(facts) {
    const { ep_size, fsdp_size, tp_size } = facts.sizes;
    const efsdp = (fsdp_size * tp_size) / ep_size;
    const num_experts = facts.model.sizes.num_experts;
    const local = num_experts / ep_size;
    if (ep_size === 1 || !Number.isInteger(local) || !Number.isInteger(efsdp) || local >= efsdp) return;
    yield PLN3005(
      epSizeAt(facts),
      { num_experts, ep_size, local, efsdp, fsdp_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [expertsAt(facts)],
        issue: emptyRanks,
      },
    );
  },
};

export const pages = {
  PLN3005: {
    title: "fewer local experts than ranks that share them",
    docs: `What expert parallelism leaves of an expert stack, FSDP shards along the experts. With fewer experts than ranks, some
ranks hold nothing: they fail while loading, and the others wait for them until the timeout.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 32 }      # 8 experts: 1 a rank over efsdp 4
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8, dp_replicate_size: 4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "one expert a rank, which four ranks share",
    config: "Mixtral-8x7B-v0.1",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 32 }
#@ [25:26) PLN3005 8 experts over ep_size 8 leave 1 a rank, fewer than the 4 ranks that shard them (efsdp = fsdp_size 32 * tp_size 1 / ep_size 8)
#@   help: no ep_size is legal here: with fsdp_size 8 and dp_replicate_size 4 it can be 1, 2, 4 or 8
#@   issue: empty-ranks
#@   related config.json 18:[24:25) | "num_local_experts": «8», | num_local_experts is 8 here
`,
  },
  {
    name: "a size that tp_size does not allow is named first",
    shows: "nothing",
    config: "Mixtral-8x7B-v0.1",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 8, gpus_per_node: 8 }
parallelism: { ep_size: 2, fsdp_size: 16, tp_size: 4 }
#@ [25:26) PLN3003 ep_size 2 is not a multiple of tp_size 4
#@   help: no ep_size is legal here: with fsdp_size 8 and dp_replicate_size 2 it can be 1
#@   related 2:[52:53) tp_size is 4 here
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
