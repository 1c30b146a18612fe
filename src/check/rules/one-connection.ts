import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { MeshFacts } from "../../stack/facts.ts";

export const PLN5067 = diagnostic("PLN5067", {
  severity: "warning",
  messages: {
    default: text`with CUDA_DEVICE_MAX_CONNECTIONS: 1 the GPU takes all work through one queue: gathering shards over ${"ranks"} ranks waits for the computation that it should run beside`,
  },
  help: "leave it out: it is for Megatron's tensor parallelism, whose kernels it puts in order",
});

const name = "CUDA_DEVICE_MAX_CONNECTIONS";

/** FSDP gathers the next layer's shards in a stream of its own while this layer computes. */
export const oneConnection: Rule<MeshFacts> = {
  name: "one-connection",
  *check({ plan, sizes }) {
    if (plan.cluster.env[name] !== "1" || sizes.fsdp_size === 1) return;
    yield PLN5067(plan.written.at(["cluster", "env", name]), { ranks: sizes.fsdp_size });
  },
};

export const pages = {
  PLN5067: {
    title: "one queue for computing and communicating",
    docs: `Scripts for Megatron set \`CUDA_DEVICE_MAX_CONNECTIONS=1\`: it makes a GPU take up kernels in the order in which they were launched, which
Megatron's overlap of tensor parallelism relies on. FSDP does the opposite: it launches the gathering of the next layer's shards in
another stream, to run while this layer computes. Through one queue it waits behind the kernels that were launched before.

Wrong:

\`\`\`yaml
cluster:
  env: { CUDA_DEVICE_MAX_CONNECTIONS: 1 }
\`\`\`

Right:

\`\`\`yaml
cluster:
  env: {}
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "as a number, and in quotes",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { CUDA_DEVICE_MAX_CONNECTIONS: 1 } }
#@ [96:97) PLN5067 warning: with CUDA_DEVICE_MAX_CONNECTIONS: 1 the GPU takes all work through one queue: gathering shards over 8 ranks waits for the computation that it should run beside
#@   help: leave it out: it is for Megatron's tensor parallelism, whose kernels it puts in order
`,
  },
  {
    name: "several queues",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { CUDA_DEVICE_MAX_CONNECTIONS: "8" } }
`,
  },
  {
    name: "nothing is gathered",
    shows: "nothing",
    plan: `
cluster: { gpu: h200-sxm-141gb, nodes: 1, gpus_per_node: 1, env: { CUDA_DEVICE_MAX_CONNECTIONS: "1" } }
parallelism: { ep_size: 1, fsdp_size: 1 }
#@ [39:40) PLN4043 warning: compute bfloat16 does not reach the experts: with fsdp_size 1 and dp_replicate_size 1 nothing casts them, and their grouped matrix products run in float32
#@   help: write parameters: bfloat16, or shard over fsdp_size
#@   issue: grouped-products-not-cast
`,
    config: { with: { num_hidden_layers: 2 } },
  },
];
