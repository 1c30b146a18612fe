import { entries, text } from "../entry.ts";

export const launch = entries({
  PLN5001: {
    severity: "error",
    title: "unknown GPU",
    messages: { default: text`unknown GPU ${"name"}; known are ${"known"}` },
    help: "for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }",
    docs: `planc compares what a rank must hold with the GPU's memory, so it needs to know the GPU.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
\`\`\`

or, for a GPU that planc has no record of:

\`\`\`yaml
cluster:
  gpu: { name: my-gpu, memory_gb: 96 }
\`\`\``,
  },
  PLN5002: {
    severity: "error",
    title: "training states do not fit the GPU",
    messages: {
      default: text`a rank needs ${"needed"} for parameters, gradients and optimizer states; a ${"gpu"} has ${"memory"}`,
    },
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
    severity: "warning",
    title: "little memory left beside the training states",
    messages: {
      default: text`parameters, gradients and optimizer states take ${"needed"} of the ${"memory"} of a ${"gpu"}: ${"left"} are left for activations, gathered weights and buffers`,
    },
    help: "shard over more ranks, or lower max_length and per_device_train_batch_size if the first step runs out of memory",
    docs: `The states fit, but one tenth of the GPU's memory or less is left for everything else: activations, the
gathered weights of the layer at work, communication buffers, fragmentation. Such a job usually dies in its first steps.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: gpu-62, memory_gb: 62 }, nodes: 1, gpus_per_node: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
});
