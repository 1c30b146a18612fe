import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, router } from "../blocks/layers.ts";
import type { Family } from "../family.ts";

const published = "model.layers.{layer}.block_sparse_moe";

export const mixtral: Family = {
  model_type: "mixtral",
  architecture: "MixtralForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(`${published}.experts.{expert}`, ["w1", "w3", "w2"]),
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.size("num_key_value_heads");
    const headDim = config.sizeOr("head_dim", Math.floor(hidden / heads));
    const expertsKey = config.alias(["num_local_experts", "num_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("intermediate_size");
    const vocabulary = config.size("vocab_size");
    return {
      rows: decoder(vocabulary, hidden, [
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias: false, outputBias: false }),
        router(experts, hidden, `${published}.gate.weight`),
        ...gatedExperts(experts, width, hidden),
      ]),
      modules: activations(["experts", "moe"]),
      numLayers: config.size("num_hidden_layers"),
      isMoe: () => true,
      numAttentionHeads: heads,
      numKeyValueHeads: keyValueHeads,
      headDim,
      hiddenSize: hidden,
      vocabSize: vocabulary,
      numExperts: experts,
      expertWidth: width,
      keys: { num_experts: expertsKey, moe_intermediate_size: "intermediate_size" },
      tied: config.flag("tie_word_embeddings", false),
    };
  },
};
