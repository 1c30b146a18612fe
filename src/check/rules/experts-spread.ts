import { islandSize, islandsOf, wayAcross, wayInside } from "../../cluster/links.ts";
import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { microBatchTokens } from "../../estimate/batch.ts";
import { type Exchange, evenRows, exchangeBytes, exchangeOf } from "../../estimate/traffic.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes, divisors } from "../../text/words.ts";

export const PLN5063 = diagnostic("PLN5063", {
  severity: "warning",
  messages: {
    default: text`the ranks of an ep group are on ${"machines"} machines: each GPU sends ${"bytes"} of tokens over the network in a step, ${"seconds"} s at ${"rate"} GB/s`,
    unmeasured: text`the ranks of an ep group are on ${"machines"} machines: each GPU sends ${"bytes"} of tokens over the network in a step`,
    unbounded: text`the ranks of an ep group are on ${"machines"} machines: what they exchange in every layer goes over the network`,
  },
});

/** Tokens travel in every layer, forward and backward, and nothing is computed meanwhile. */
export const expertsSpread: Rule<MeshFacts> = {
  name: "experts-spread",
  *check(facts) {
    const { plan, cluster, mesh } = facts;
    const ep = mesh.expert.find(({ name }) => name === "ep");
    if (ep === undefined) return;
    const islands = islandsOf(ep, cluster);
    if (islands === 1) return;
    const machines = Math.max(islands, Math.ceil(ep.size / cluster.gpus_per_node));
    const location = plan.written.at("parallelism.ep_size");
    const exchange = exchangeOf(plan, facts.model, facts.sizes, microBatchTokens(facts.rows));
    const help = helpFor(facts, exchange);
    if (exchange === undefined) {
      yield PLN5063(location, { machines }, { variant: "unbounded", help });
      return;
    }
    const sent = sentTo(ep.size * (1 - 1 / islands), exchange, facts);
    const { rate } = wayAcross(cluster);
    const values = { machines, bytes: bytes(sent) };
    if (rate === undefined) yield PLN5063(location, values, { variant: "unmeasured", help });
    else yield PLN5063(location, { ...values, seconds: seconds(sent, rate), rate }, { help });
  },
};

/** Bytes that a rank sends in a step to so many others of a group of `ep_size`. */
function sentTo(others: number, exchange: Exchange, { rows, model }: MeshFacts): number {
  return (
    rows.gradient_accumulation_steps *
    model.moeLayers.length *
    exchangeBytes(exchange, evenRows(exchange, others), others)
  );
}

function helpFor(facts: MeshFacts, exchange: Exchange | undefined): string {
  const { cluster, model, sizes } = facts;
  const island = islandSize(cluster);
  // The experts of a rank are cut over efsdp again, so a smaller group costs no memory.
  const near = divisors(sizes.ep_size).findLast((ep) => island % ep === 0 && model.sizes.num_experts % ep === 0) ?? 1;
  const keeps = `ep_size ${near} keeps ${near === 1 ? "tokens on their ranks" : "each group on one machine"}`;
  const inside = wayInside(cluster, near);
  if (near === 1 || exchange === undefined || inside?.rate === undefined) return keeps;
  const took = seconds(sentTo(near - 1, { ...exchange, ep_size: near }, facts), inside.rate);
  return `${keeps}: ${took} s over ${inside.over} at ${inside.rate} GB/s`;
}

function seconds(sent: number, rate: number): string {
  return (sent / (rate * 1e9)).toPrecision(2);
}

export const pages = {
  PLN5063: {
    title: "experts on several machines",
    docs: `With expert parallelism each token goes to the ranks of its experts and back, in every layer, forward and backward. Inside a
machine NVLink carries that; between machines each GPU has a network card that is about ten times slower. The message says how many
bytes that are, when tokens choose their experts evenly, and how long the card takes for them alone.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 16 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 16 }
\`\`\`

The other machines then hold the rest of each expert (\`efsdp\`), so no rank holds more. A rack whose machines NVLink joins, as of
GB200, counts as one machine. The bytes are from the model's sizes and \`ep_implementation\`; what they take is by the link of the
plan's GPU ([gpus](../gpus.md)), and the preflight measures it.`,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "two machines",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 16 }
#@ [25:27) PLN3031 info: 4 key-value heads for ep_size 16: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ [25:27) PLN5063 warning: the ranks of an ep group are on 2 machines: each GPU sends 10.0 GiB of tokens over the network in a step, 0.21 s at 50 GB/s
#@   help: ep_size 8 keeps each group on one machine: 0.034 s over NVLink at 450 GB/s
`,
  },
  {
    name: "the exchange of transformers, nothing computed again",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 16, ep_implementation: all_to_all }
#@ [25:27) PLN3031 info: 4 key-value heads for ep_size 16: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ [25:27) PLN5063 warning: the ranks of an ep group are on 2 machines: each GPU sends 12.0 GiB of tokens over the network in a step, 0.26 s at 50 GB/s
#@   help: ep_size 8 keeps each group on one machine: 0.050 s over NVLink at 450 GB/s
recompute: none
`,
  },
  {
    name: "a GPU whose links nobody knows",
    plan: `
cluster: { gpu: { name: my-gpu, memory_gb: 96 }, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 16, fsdp_size: 16 }
#@ [25:27) PLN3031 info: 4 key-value heads for ep_size 16: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ [25:27) PLN5063 warning: the ranks of an ep group are on 2 machines: each GPU sends 10.0 GiB of tokens over the network in a step
#@   help: ep_size 8 keeps each group on one machine
`,
  },
  {
    name: "rows of any length",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 4 }
parallelism: { ep_size: 8, fsdp_size: 16 }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ [25:26) PLN5063 warning: the ranks of an ep group are on 2 machines: what they exchange in every layer goes over the network
#@   help: ep_size 4 keeps each group on one machine
sft: { packing: false, max_length: null }
`,
  },
  {
    name: "a rack is one machine to its GPUs",
    shows: "nothing",
    plan: `
cluster: { gpu: gb200-nvl-186gb, nodes: 4, gpus_per_node: 4 }
parallelism: { ep_size: 16, fsdp_size: 16 }
#@ [25:27) PLN3031 info: 4 key-value heads for ep_size 16: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
`,
  },
  {
    name: "groups inside machines",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 16 }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
`,
  },
];
