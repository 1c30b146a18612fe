import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { Peak } from "../../estimate/estimate.ts";
import { attentionCrowds, stepBytes, usedBytes } from "../../estimate/memory.ts";
import { fullShare, usualLoad } from "../../estimate/room.ts";
import { worstLoad } from "../../estimate/rows.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { andList, bytes } from "../../text/words.ts";
import { fixesOf, inWords, whatFits } from "../fitting/fitting.ts";

export const PLN5004 = diagnostic("PLN5004", {
  severity: "error",
  messages: {
    default: text`a rank needs ${"needed"} at the peak of a step, in ${"moment"}; a ${"gpu"} has ${"memory"}`,
  },
});

export const PLN5005 = diagnostic("PLN5005", {
  severity: "warning",
  messages: {
    default: text`a rank needs ${"needed"} of the ${"memory"} of a ${"gpu"} at the peak of a step, in ${"moment"}: ${"left"} are left`,
  },
});

export const PLN5006 = diagnostic("PLN5006", {
  severity: "warning",
  messages: {
    default: text`a step fits a ${"gpu"} until the fullest rank gets ${"load"} times its share of the assignments; with all that it can get, ${"most"} times, it needs ${"needed"} of ${"memory"}`,
    observed: text`a step fits a ${"gpu"} until the fullest rank gets ${"load"} times its share of the assignments; with rank_load ${"rank_load"} it needs ${"needed"} of ${"memory"}`,
  },
});

/** The peak of a step against the GPU's memory: when tokens choose their experts evenly, and when they do not. */
export const memoryPeak: Rule<MeshFacts> = {
  name: "memory-peak",
  after: ["memory-states"],
  supposes: true,
  *check(facts) {
    const { cluster, memory } = facts;
    const needed = usedBytes(memory);
    // What is too large without the rest of a step is told by the rules about states and about attention.
    if (memory.peak === null || needed === null || stepBytes(memory) > cluster.gpu.memory) return;
    if (needed <= cluster.gpu.memory && attentionCrowds(memory, cluster.gpu.memory)) return;
    const found =
      needed > cluster.gpu.memory
        ? tooLarge(facts, memory.peak, needed)
        : (uneven(facts) ?? nearlyFull(facts, memory.peak, needed));
    if (found !== undefined) yield found;
  },
};

function tooLarge(facts: MeshFacts, peak: Peak, needed: number): Diagnostic {
  const { plan, cluster } = facts;
  const fitting = whatFits(facts);
  const values = {
    needed: bytes(needed),
    moment: peak.moment,
    gpu: cluster.gpu.name,
    memory: bytes(cluster.gpu.memory),
  };
  const help = `${largest(peak)}; ${inWords(fitting) || "shard over more ranks, or take smaller micro-batches"}`;
  return PLN5004(plan.written.at("cluster.gpu"), values, { help, fixes: fixesOf(fitting) });
}

function nearlyFull(facts: MeshFacts, peak: Peak, needed: number): Diagnostic | undefined {
  const { plan, cluster } = facts;
  if (needed <= fullShare * cluster.gpu.memory) return undefined;
  const fitting = whatFits(facts);
  const values = {
    needed: bytes(needed),
    moment: peak.moment,
    gpu: cluster.gpu.name,
    memory: bytes(cluster.gpu.memory),
    left: bytes(cluster.gpu.memory - needed),
  };
  const help = ["the figure may be off by a few percent", largest(peak), inWords(fitting, "more is left with")].filter(
    (part) => part !== "",
  );
  return PLN5005(plan.written.at("cluster.gpu"), values, { help: help.join("; "), fixes: fixesOf(fitting) });
}

/** Where the fullest rank gets more than its share: as it was measured, else as it may well come. */
function uneven(facts: MeshFacts): Diagnostic | undefined {
  const { plan, cluster, memory, model, sizes } = facts;
  const { gpu } = cluster;
  const { rank_load } = plan.parallelism;
  const held = rank_load === undefined ? memory.worst : memory.observed;
  if (held === null || held.reserved + memory.outside <= gpu.memory) return undefined;
  const most = worstLoad({ ...model.sizes, ep_size: sizes.ep_size });
  const load = lastThatFits(facts, rank_load ?? most);
  if (rank_load === undefined && load >= usualLoad) return undefined;
  const fitting = whatFits(facts, { load: rank_load ?? Math.min(usualLoad, most) });
  const fixes = fixesOf(fitting);
  const help =
    rank_load === undefined
      ? `runs get to about ${usualLoad} times; ${inWords(fitting) || "shard over more ranks"}`
      : inWords(fitting) || "shard over more ranks";
  const values = { load, gpu: gpu.name, needed: bytes(held.reserved + memory.outside), memory: bytes(gpu.memory) };
  if (rank_load === undefined)
    return PLN5006(plan.written.at("parallelism.ep_size"), { ...values, most }, { help, fixes });
  const location = plan.written.at("parallelism.rank_load");
  return PLN5006(location, { ...values, rank_load }, { variant: "observed", help, fixes });
}

/** The largest load with which a step fits, in tenths; `broken` is one with which it does not. */
function lastThatFits({ memory, cluster }: MeshFacts, broken: number): number {
  let [fits, breaks] = [10, Math.ceil(10 * broken)];
  while (breaks - fits > 1) {
    const middle = Math.floor((fits + breaks) / 2);
    const held = memory.at(middle / 10);
    if (held !== null && held.reserved + memory.outside <= cluster.gpu.memory) fits = middle;
    else breaks = middle;
  }
  return fits / 10;
}

function largest(peak: Peak): string {
  return `largest at the peak: ${andList(peak.largest.map(({ name, bytes: size }) => `${name} ${bytes(size)}`))}`;
}

export const pages = {
  PLN5004: {
    title: "the peak of a step does not fit the GPU",
    docs: `planc plays what a step allocates and frees, in the order of the program, on the rank that holds the most: parameters,
gradients and optimizer states, what FSDP gathers, what each layer keeps for its backward pass, the rows that the experts get when
tokens choose them evenly, the loss. To the fullest moment come what torch's allocator holds beyond what it has handed out, the CUDA
context and NCCL's buffers. [What is counted and what is not](../memory.md).

The changes that the message offers are the smallest of their kind with which the plan fits, each tried out.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 64 }, nodes: 1, gpus_per_node: 8 }
sft: { max_length: 8192, per_device_train_batch_size: 4, packing: true, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 80 }, nodes: 1, gpus_per_node: 8 }
sft: { max_length: 8192, per_device_train_batch_size: 1, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN5005: {
    title: "a step nearly fills the GPU",
    docs: `A step fits, but takes 95 % of the GPU's memory or more. What is foreseen is off by a few percent, and an
allocator that has to free and ask again makes steps slower before one fails. How it is counted: PLN5004.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 71 }, nodes: 1, gpus_per_node: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
  PLN5006: {
    title: "a step fits only while tokens choose their experts evenly",
    docs: `With expert parallelism a rank computes the assignments that its experts get, and these are not the same on every rank: of a
group of 8 the fullest may get 1.3 times the mean, and a step needs memory for them. \`rank_load\` in a run's \`measured.json\` is that
factor; in the plan, \`parallelism.rank_load\` asks for room for it. Without it planc says so where a step would break below 1.5 times.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 100 }, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 3 }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 100 }, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 1.2 }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "smaller micro-batches, shorter sequences, more machines",
    plan: `
cluster: { gpu: { name: gpu-75, memory_gb: 75 }, nodes: 1, gpus_per_node: 8 }
#@ [17:48) PLN5004 a rank needs 74.7 GiB at the peak of a step, in the backward pass of layer 0; a gpu-75 has 69.8 GiB
#@   help: largest at the peak: optimizer states 28.4 GiB, parameters 14.2 GiB, gradients 13.8 GiB, gradient of the experts' output 1.0 GiB and rows of the assignments 1.0 GiB; it would fit with nodes: 2 with fsdp_size: 16 (45.8 GiB), max_length: 2560 (66.3 GiB), precision.parameters: bfloat16 (46.1 GiB) or optim: rmsprop (60.2 GiB)
#@   fix "write max_length: 2560" -> fine
#@     -   max_length: 8192
#@     +   max_length: 2560
#@   fix "write optim: rmsprop" -> fine
#@     +   optim: rmsprop
sft:
  max_length: 8192
  packing: true
  packing_strategy: wrapped
  per_device_train_batch_size: 4
`,
  },
  {
    name: "recompute that is not full, replicas that could be shards",
    plan: `
cluster: { gpu: { name: gpu-80, memory_gb: 80 }, nodes: 4, gpus_per_node: 8 }
#@ [17:48) PLN5004 a rank needs 85.0 GiB at the peak of a step, in the backward pass of the loss head; a gpu-80 has 74.5 GiB
#@   help: largest at the peak: optimizer states 28.4 GiB, parameters 14.2 GiB, rows of the assignments 6.0 GiB, first product of the experts 4.5 GiB and activation of the experts 2.3 GiB; it would fit with recompute: full (64.5 GiB), dp_replicate_size: 2 with fsdp_size: 16 (56.2 GiB), nodes: 8 with fsdp_size: 16 (56.2 GiB), max_length: 640 (70.1 GiB), precision.parameters: bfloat16 (56.5 GiB) or optim: rmsprop (70.6 GiB)
#@   fix "write recompute: full" -> fine
#@     - recompute: none
#@     + recompute: full
#@   fix "write dp_replicate_size: 2 with fsdp_size: 16" -> fine
#@     -   fsdp_size: 8
#@     -   dp_replicate_size: 4
#@     +   fsdp_size: 16
#@     +   dp_replicate_size: 2
#@   fix "write max_length: 640" -> fine
#@     - sft: { max_length: 2048, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2, save_strategy: no }
#@     + sft: { max_length: 640, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2, save_strategy: no }
#@   fix "write optim: rmsprop" -> PLN5006
#@     - sft: { max_length: 2048, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2, save_strategy: no }
#@     + sft: { max_length: 2048, optim: rmsprop, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2, save_strategy: no }
parallelism:
  ep_size: 4
  fsdp_size: 8
  dp_replicate_size: 4
recompute: none
sft: { max_length: 2048, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2 }
`,
  },
  {
    name: "nearly full",
    plan: `
cluster: { gpu: { name: gpu-71, memory_gb: 71 }, nodes: 1, gpus_per_node: 8 }
#@ [17:48) PLN5005 warning: a rank needs 64.6 GiB of the 66.1 GiB of a gpu-71 at the peak of a step, in the backward pass of the embedding: 1.6 GiB are left
#@   help: the figure may be off by a few percent; largest at the peak: optimizer states 28.4 GiB, parameters 14.2 GiB, gradients 14.2 GiB, gradients while they are reduced 1.2 GiB and gradients of the embedding 593.5 MiB; more is left with nodes: 2 with fsdp_size: 16 (35.7 GiB), precision.parameters: bfloat16 (36.1 GiB) or optim: rmsprop (50.1 GiB)
#@   fix "write optim: rmsprop" -> fine
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { save_strategy: no, optim: rmsprop, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "only while tokens are shared evenly",
    config: { with: { num_hidden_layers: 4 } },
    plan: `
cluster: { gpu: { name: gpu-25, memory_gb: 25 }, nodes: 1, gpus_per_node: 8 }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8 }
#@ rest | parallelism: { ep_size: «4», fsdp_size: 8 } | PLN5006 warning: a step fits a gpu-25 until the fullest rank gets 1.1 times its share of the assignments; with all that it can get, 4 times, it needs 44.7 GiB of 23.3 GiB
#@   help: runs get to about 1.5 times; it would fit with per_device_train_batch_size: 2 with gradient_accumulation_steps: 4 (18.8 GiB), nodes: 4 with fsdp_size: 32 (21.3 GiB) or max_length: 6272 (22.0 GiB)
#@   fix "write per_device_train_batch_size: 2 with gradient_accumulation_steps: 4" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
#@     + sft: { max_length: 8192, gradient_accumulation_steps: 4, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2, save_strategy: no }
#@   fix "write max_length: 6272" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
#@     + sft: { max_length: 6272, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
`,
  },
  {
    name: "a load that was measured",
    plan: `
cluster: { gpu: { name: gpu-100, memory_gb: 100 }, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 3 }
#@ [53:54) PLN5006 warning: a step fits a gpu-100 until the fullest rank gets 1.9 times its share of the assignments; with rank_load 3 it needs 102.5 GiB of 93.1 GiB
#@   help: it would fit with nodes: 2 with fsdp_size: 16 (73.6 GiB), max_length: 5248 (88.1 GiB), precision.parameters: bfloat16 (74.0 GiB) or optim: rmsprop (88.0 GiB)
#@   fix "write max_length: 5248" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
#@     + sft: { max_length: 5248, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
#@   fix "write optim: rmsprop" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
#@     + sft: { max_length: 8192, optim: rmsprop, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8, save_strategy: no }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8 }
`,
  },
  {
    name: "a load that was measured and fits, where the worst would not",
    shows: "nothing",
    plan: `
cluster: { gpu: { name: gpu-100, memory_gb: 100 }, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 1.2 }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 8 }
`,
  },
  {
    name: "nothing bounds a step",
    shows: "nothing",
    plan: `
cluster: { gpu: { name: gpu-68, memory_gb: 68 }, nodes: 1, gpus_per_node: 8 }
sft: { packing: false, max_length: null }
`,
  },
];
