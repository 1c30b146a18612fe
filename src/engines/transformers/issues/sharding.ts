/** What is wrong with parameters on a mesh. A rule for each knows the sizes that work. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import type { ModelFacts } from "../facts.ts";

export const tiedUnevenShards: ReportedIssue = {
  id: "tied-uneven-shards",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "uneven shards lie in padded buffers, to which the head that is tied to the embedding was not moved: no optimizer step reaches it, and the second step is wrong",
  where: "embeddings are tied, and vocab_size does not divide by the ranks that shard them",
  workaround: "choose an fsdp_size that divides vocab_size, with dp_replicate_size for the rest of the ranks",
  rule: "tied-embeddings",
};

export const tiedHeadCut: ReportedIssue = {
  id: "tied-head-cut",
  package: "transformers",
  fixed_in: "5.24.0",
  effect: "failure",
  severity: "refuse",
  symptom:
    "the tensor-parallel plan cuts the head and not the embedding whose weights it shares, and the first forward stops",
  where: "embeddings are tied, tp_size is above 1, and the family's plan cuts the head alone",
  workaround: "set tp_size: 1 and shard over fsdp_size",
  rule: "tied-tensor-parallel",
};

export const emptyRanks: ReportedIssue = {
  id: "empty-ranks",
  package: "transformers",
  effect: "hang",
  severity: "refuse",
  symptom: "a rank that no expert is left for fails while it loads, and the others wait for it until the timeout",
  where: "there are fewer experts, or experts of a rank, than ranks that shard them",
  workaround: "lower fsdp_size, with dp_replicate_size for the rest of the ranks, or change ep_size",
  rule: "mesh-local-experts",
};

export const headsUnchecked: ReportedIssue = {
  id: "heads-unchecked",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom: "whether the heads divide by tp_size is not looked at before the first forward, which stops",
  where: "tp_size is above 1 and does not divide the attention or key-value heads",
  workaround: "choose a tp_size that divides both, or shard over fsdp_size and ep_size, which have no such limit",
  rule: "heads-shared",
};

export const normGradientsPartial: ReportedIssue = {
  id: "norm-gradients-partial",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "the tensor-parallel plan does not add up the gradients of norms between sharded projections: each rank trains them on its own heads, without a message",
  where: "tp_size is above 1 and the family's plan leaves such a norm out, as glm4_moe's with use_qk_norm",
  workaround: "set tp_size: 1 and shard over fsdp_size",
  rule: "tp-blocks-agree",
};

export const adapterCountsShard: ConditionedIssue<ModelFacts> = {
  id: "adapter-counts-shard",
  package: "peft",
  effect: "failure",
  severity: "refuse",
  symptom:
    "it takes the rows of a rank's shard for the columns that a linear layer gives, and the adapter that it adds stops in the first forward pass",
  where: "lora has adapters of linear layers, and dp_replicate_size is above 1",
  workaround: "set dp_replicate_size to 1",
  bundle: "the job gives each adapter the layer's own sizes",
  at({ plan: { written }, sizes, adapter }) {
    const isMet = sizes.dp_replicate_size > 1 && adapter?.pairs.some(({ experts }) => experts === null);
    return isMet ? written.at("parallelism.dp_replicate_size") : undefined;
  },
};

const tied = { with: { tie_word_embeddings: true, vocab_size: 151940, num_hidden_layers: 8 } } as const;
const tiedEven = { with: { tie_word_embeddings: true, num_hidden_layers: 8 } } as const;
const gptOssTied = {
  of: "gpt-oss-20b",
  with: { tie_word_embeddings: true, quantization_config: undefined, router_aux_loss_coef: 0.001 },
} as const;
const glmNormed = { of: "GLM-4.5-Air", with: { use_qk_norm: true, num_hidden_layers: 4 } } as const;
const glm = { of: "GLM-4.5-Air", with: { use_qk_norm: false, num_hidden_layers: 4 } } as const;

export const examplesOfIssues: IssueExamples = {
  "adapter-counts-shard": {
    meets: {
      plan: "\nparallelism: { ep_size: 4, fsdp_size: 4, dp_replicate_size: 2 }\nprecision: { parameters: bfloat16 }\nlora: { targets: [attention], r: 8 }\n",
    },
    misses: {
      plan: "\nparallelism: { ep_size: 8, fsdp_size: 8 }\nprecision: { parameters: bfloat16 }\nlora: { targets: [attention], r: 8 }\n",
    },
  },
  "tied-uneven-shards": {
    meets: { config: tied, plan: "\nparallelism: { ep_size: 4, fsdp_size: 8 }\n" },
    misses: { config: tiedEven, plan: "\nparallelism: { ep_size: 4, fsdp_size: 8 }\n" },
  },
  "tied-head-cut": {
    meets: {
      config: gptOssTied,
      versions: { transformers: "5.23.0" },
      plan: "\nparallelism: { fsdp_size: 4, tp_size: 2, ep_size: 4 }\n",
    },
    misses: {
      config: gptOssTied,
      versions: { transformers: "5.23.0" },
      plan: "\nparallelism: { fsdp_size: 8, ep_size: 4 }\n",
    },
  },
  "empty-ranks": {
    meets: {
      config: "Mixtral-8x7B-v0.1",
      plan: "\ncluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }\nparallelism: { ep_size: 8, fsdp_size: 32 }\n",
    },
    misses: {
      config: "Mixtral-8x7B-v0.1",
      plan: "\ncluster: { gpu: h100-sxm-80gb, nodes: 4, gpus_per_node: 8 }\nparallelism: { ep_size: 8, fsdp_size: 8, dp_replicate_size: 4 }\n",
    },
  },
  "heads-unchecked": {
    meets: { plan: "\nparallelism: { fsdp_size: 1, tp_size: 8 }\n" },
    misses: { plan: "\nparallelism: { fsdp_size: 2, tp_size: 4 }\n" },
  },
  "norm-gradients-partial": {
    meets: { config: glmNormed, plan: "\nparallelism: { ep_size: 4, tp_size: 2, fsdp_size: 4 }\n" },
    misses: { config: glm, plan: "\nparallelism: { ep_size: 4, tp_size: 2, fsdp_size: 4 }\n" },
  },
};
