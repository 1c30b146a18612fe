import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN5001 = diagnostic("PLN5001", {
  severity: "error",
  messages: { default: text`unknown GPU ${"name"}; known are ${"known"}` },
  help: "for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }",
});

export const PLN5050 = diagnostic("PLN5050", {
  severity: "warning",
  messages: { default: text`${"folder"} has no weights here: the job will load them from there` },
  help: "put the weights there before the job starts, or name the folder or Hub id that has them",
});

export const PLN5051 = diagnostic("PLN5051", {
  severity: "error",
  messages: {
    default: text`${"gpus"} of ${"memory"} cannot hold ${"model_type"} with ${"total"} parameters: parameters, gradients and optimizer states take ${"full"} in float32 and ${"half"} in bfloat16`,
    step: text`no plan of ${"gpus"} of ${"memory"} has room for a step of ${"model_type"} with sequences of ${"length"} tokens: the smallest takes at least ${"least"}`,
    rules: text`no mesh of ${"gpus"} passes the rules for ${"model_type"} with ${"num_experts"} experts`,
  },
});

export const PLN5060 = diagnostic("PLN5060", {
  severity: "error",
  messages: { default: text`a ${"name"} (${"figures"}) runs ${"runtime"}; a bundle runs on CUDA alone` },
});

export const pages = {
  PLN5001: {
    title: "unknown GPU",
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
  PLN5050: {
    title: "a checkpoint folder without weights",
    docs: `A plan can be written where the weights are not: a folder with the model's config.json is enough for every other
check. The job reads the weights from \`model.checkpoint\`, so on the machine that trains they have to be there. \`launch.sh\` looks
for them before it takes the GPUs.

\`\`\`console
$ ls models/my-model
config.json
$ planc check plans/my-plan.yaml
warning PLN5050: models/my-model has no weights here: the job will load them from there
\`\`\``,
  },
  PLN5051: {
    title: "no plan fits the cluster",
    docs: `\`planc init\` and \`planc fit\` try every way to share a model among the cluster's GPUs, with parameters in float32 and in bfloat16, with
every policy of recompute, and take the fastest that the rules accept. Where they say this, none of them was accepted: mostly because
the states of training do not fit in the GPUs' memory, or a step of one sequence does not. The help names what would do, each tried out:
more of the same GPUs, shorter sequences, adapters. Nothing is written.

\`\`\`console
$ planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 2
error PLN5051: 2 GPUs of 79.6 GiB cannot hold qwen3_moe with 30,532,122,624 parameters: ...
\`\`\``,
  },
  PLN5060: {
    title: "a GPU without CUDA",
    docs: `A bundle is made for CUDA: its kernels are judged against CUDA's, its preflight reads the driver and NCCL, and the figures by
which a run is measured are those of CUDA GPUs. On other GPUs none of it was ever run.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: mi300x, memory_gb: 192 }, nodes: 1, gpus_per_node: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: b300-sxm-288gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
} satisfies Pages;
