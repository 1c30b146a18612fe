import { entries, text } from "../entry.ts";

export const mesh = entries({
  PLN3001: {
    severity: "error",
    title: "mesh does not cover the cluster",
    messages: {
      default: text`${"factors"} = ${"product"} ranks, but the cluster has ${"nodes"} * ${"gpus_per_node"} = ${"world_size"} GPUs`,
    },
    docs: `Every GPU is one rank, and the ranks are \`pp_size * dp_replicate_size * fsdp_size * tp_size\`. \`ep_size\` is not a factor: experts
are another view of the same ranks. Leave \`fsdp_size\` out and planc infers it.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 16 }
\`\`\``,
  },
  PLN3002: {
    severity: "error",
    title: "experts cannot be shared out evenly",
    messages: {
      default: text`${"num_experts"} experts cannot be shared out over ep_size ${"ep_size"}: ${"remainder"} would be left over`,
    },
    docs: `Expert parallelism gives each rank \`num_experts / ep_size\` whole experts. transformers refuses a remainder when it
places the parameters, after the job has started.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 6, fsdp_size: 6 }      # 128 experts
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }      # 16 experts a rank
\`\`\``,
  },
  PLN3003: {
    severity: "error",
    title: "ep_size is not a multiple of tp_size",
    messages: { default: text`ep_size ${"ep_size"} is not a multiple of tp_size ${"tp_size"}` },
    docs: `The ranks of a tensor-parallel group work on one batch. An expert-parallel group is made of whole such groups.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 2, fsdp_size: 2, tp_size: 4 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 2, tp_size: 4 }
\`\`\``,
  },
  PLN3004: {
    severity: "error",
    title: "ep_size does not divide the ranks of a replica",
    messages: {
      default: text`ep_size ${"ep_size"} does not divide fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} = ${"ranks"} ranks`,
      replicas: text`ep_size ${"ep_size"} does not divide fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} = ${"ranks"} ranks: an expert-parallel group cannot span the ${"replicas"} replicas of dp_replicate_size`,
    },
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
  PLN3005: {
    severity: "error",
    title: "fewer local experts than ranks that share them",
    messages: {
      default: text`${"num_experts"} experts over ep_size ${"ep_size"} leave ${"local"} a rank, fewer than the ${"efsdp"} ranks that shard them (efsdp = fsdp_size ${"fsdp_size"} * tp_size ${"tp_size"} / ep_size ${"ep_size"})`,
    },
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
  PLN3006: {
    severity: "error",
    title: "pipeline parallelism does not work yet",
    messages: {
      default: text`pp_size ${"pp_size"}: pipeline parallelism does not run with FSDP, with token dispatch or with the trainer of transformers 5.23`,
    },
    help: "leave pp_size out and shard over fsdp_size",
    docs: `transformers 5.23 has pipeline stages for inference. It refuses them together with FSDP or HSDP and together with token
dispatch, and its Trainer has no schedule for them. planc refuses them until they train.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 4, pp_size: 2 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\``,
  },
  PLN3007: {
    severity: "error",
    title: "no expert-parallel plan for the family",
    messages: {
      default: text`ep_size ${"ep_size"}: transformers ${"release"} has no base_model_ep_plan for ${"model_type"}`,
    },
    help: "set ep_size: 1 (FSDP alone), or write the rules under base_model_ep_plan",
    docs: `The engine shards experts by the rules of the family. Without any it stops with an error after the job has started.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8 }                    # a family without an expert-parallel plan
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 1 }
\`\`\``,
  },
  PLN3008: {
    severity: "error",
    title: "all_reduce needs one batch for the whole group",
    messages: { default: text`ep_implementation all_reduce needs ep_size ${"ep_size"} to equal tp_size ${"tp_size"}` },
    help: "use all_to_all, which sends each token to the ranks of its experts",
    docs: `\`all_reduce\` runs each rank's experts on the batch that the whole group shares and sums the outputs. Only the ranks of a
tensor-parallel group share a batch.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_reduce }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_to_all }
\`\`\``,
  },
});
