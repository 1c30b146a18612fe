import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, router } from "../blocks/layers.ts";
import type { Family } from "../family.ts";

export const olmoe: Family = {
  model_type: "olmoe",
  architecture: "OlmoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.sizeOr("num_key_value_heads", heads);
    const headDim = config.has("head_dim") ? config.size("head_dim") : Math.floor(hidden / heads);
    const expertsKey = config.alias(["num_experts", "num_local_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("intermediate_size");
    const bias = config.flag("attention_bias", false);
    const norms = { query: hidden, key: Math.floor(hidden / heads) * keyValueHeads };
    const vocabulary = config.size("vocab_size");
    return {
      rows: decoder(vocabulary, hidden, [
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias, outputBias: bias, norms }),
        router(experts, hidden),
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
