import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { crowded, stateBytes } from "../../estimate/memory.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes } from "../../text/words.ts";
import { fixesOf, inWords, whatFits } from "../fitting/fitting.ts";

export const PLN5002 = diagnostic("PLN5002", {
  severity: "error",
  messages: {
    default: text`a rank needs ${"needed"} for parameters, gradients and optimizer states; a ${"gpu"} has ${"memory"}`,
  },
});

export const PLN5003 = diagnostic("PLN5003", {
  severity: "warning",
  messages: {
    default: text`parameters, gradients and optimizer states take ${"needed"} of the ${"memory"} of a ${"gpu"}: ${"left"} are left for activations, gathered weights and buffers`,
  },
  help: "shard over more ranks, or lower max_length and per_device_train_batch_size if the first step runs out of memory",
});

/** What a rank holds for the whole run against the GPU's memory. Of a step's peak, where it is known, another rule speaks. */
export const memoryStates: Rule<MeshFacts> = {
  name: "memory-states",
  supposes: true,
  *check(facts) {
    const { plan, cluster, memory, sizes } = facts;
    const states = stateBytes(memory);
    const { gpu } = cluster;
    const location = plan.written.at("cluster.gpu");
    if (states > gpu.memory) {
      const fitting = whatFits(facts);
      const times = Math.ceil(states / gpu.memory);
      const what =
        inWords(fitting, memory.peak === null ? "they would fit with" : undefined) ||
        `shard over at least ${times} times as many ranks (fsdp_size is ${sizes.fsdp_size})`;
      const help =
        `parameters ${bytes(memory.parameters)}, gradients ${bytes(memory.gradients)}, optimizer ` +
        `${bytes(memory.optimizer)}${memory.reference === 0 ? "" : `, reference model ${bytes(memory.reference)}`}: ${what}`;
      const values = { needed: bytes(states), gpu: gpu.name, memory: bytes(gpu.memory) };
      yield PLN5002(location, values, { help, fixes: fixesOf(fitting) });
    } else if (memory.peak === null && states > crowded * gpu.memory) {
      yield PLN5003(location, {
        needed: bytes(states),
        gpu: gpu.name,
        memory: bytes(gpu.memory),
        left: bytes(gpu.memory - states),
      });
    }
  },
};

export const pages = {
  PLN5002: {
    title: "training states do not fit the GPU",
    docs: `What a rank holds for the whole run is known before anything starts: its shard of the parameters, their
gradients and the optimizer's states. When that alone is more than the GPU's memory, the job dies in its first step.
Activations, gathered weights and communication buffers come on top.

Wrong (30.5B parameters x 16 bytes / 4 ranks = 113.7 GiB on an 80 GB GPU):

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\`

More ranks in \`fsdp_size\` divide the states further; \`dp_replicate_size\` does not. \`precision.parameters: bfloat16\`
halves them, at the price of rounding every update.`,
  },
  PLN5003: {
    title: "little memory left beside the training states",
    docs: `The states fit, but one tenth of the GPU's memory or less is left for everything else: activations, the
gathered weights of the layer at work, communication buffers, fragmentation. Such a job usually dies in its first steps.
It is said only where nothing bounds a micro-batch; else the whole step is foreseen (PLN5004).

Wrong:

\`\`\`yaml
cluster: { gpu: { name: gpu-62, memory_gb: 62 }, nodes: 1, gpus_per_node: 8 }
sft: { packing: false, max_length: null }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "more than a GPU has",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
#@ [17:30) PLN5002 a rank needs 113.7 GiB for parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: parameters 28.4 GiB, gradients 28.4 GiB, optimizer 56.9 GiB: it would fit with gpus_per_node: 8 with fsdp_size: 8 (64.6 GiB), precision.parameters: bfloat16 (65.4 GiB) or optim: sgd (64.6 GiB)
#@   fix "write optim: sgd" -> fine
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { save_strategy: no, optim: sgd, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
parallelism: { ep_size: 4, fsdp_size: 4 }
`,
  },
  {
    name: "all but a tenth of a GPU that the plan describes",
    plan: `
cluster:
  gpu: { name: gpu-62, memory_gb: 62 }
#@ [08:39) PLN5003 warning: parameters, gradients and optimizer states take 56.9 GiB of the 57.7 GiB of a gpu-62: 892.4 MiB are left for activations, gathered weights and buffers
#@   help: shard over more ranks, or lower max_length and per_device_train_batch_size if the first step runs out of memory
  nodes: 1
  gpus_per_node: 8
sft: { packing: false, max_length: null }
`,
  },
  {
    name: "more than a GPU that the plan describes has",
    plan: `
cluster: { gpu: { name: gpu-60, memory_gb: 60 }, nodes: 1, gpus_per_node: 8 }
#@ [17:48) PLN5002 a rank needs 56.9 GiB for parameters, gradients and optimizer states; a gpu-60 has 55.9 GiB
#@   help: parameters 14.2 GiB, gradients 14.2 GiB, optimizer 28.4 GiB: it would fit with nodes: 2 with fsdp_size: 16 (35.7 GiB), precision.parameters: bfloat16 (36.1 GiB) or optim: rmsprop (50.1 GiB)
#@   fix "write optim: rmsprop" -> fine
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { save_strategy: no, optim: rmsprop, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "a little more than a tenth is left",
    shows: "nothing",
    plan: `
cluster: { gpu: { name: gpu-70, memory_gb: 70 }, nodes: 1, gpus_per_node: 8 }
sft: { packing: false, max_length: null }
`,
  },
  {
    name: "two changes at once, where no single one does",
    config: { of: "DeepSeek-V3", with: { quantization_config: undefined } },
    plan: `
cluster: { gpu: l4-pcie-24gb, nodes: 4, gpus_per_node: 8 }
#@ [17:29) PLN5002 a rank needs 312.5 GiB for parameters, gradients and optimizer states; a l4-pcie-24gb has 22.5 GiB
#@   help: parameters 78.1 GiB, gradients 78.1 GiB, optimizer 156.2 GiB: shard over at least 14 times as many ranks (fsdp_size is 32)
parallelism: { ep_size: 8, fsdp_size: 32 }
sft: { max_length: 1024, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1, ddp_timeout: 3000 }
`,
  },
];
