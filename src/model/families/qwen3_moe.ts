import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, denseMlp, router } from "../blocks/layers.ts";
import { denseWidth, sparseSteps } from "../blocks/sparse-layers.ts";
import type { Family } from "../family.ts";

export const qwen3Moe: Family = {
  model_type: "qwen3_moe",
  architecture: "Qwen3MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.size("num_key_value_heads");
    const headDim = config.has("head_dim") ? config.size("head_dim") : Math.floor(hidden / heads);
    const expertsKey = config.alias(["num_experts", "num_local_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("moe_intermediate_size");
    const bias = config.flag("attention_bias", false);
    const norms = { query: headDim, key: headDim };
    const vocabulary = config.size("vocab_size");
    const numLayers = config.size("num_hidden_layers");
    const isMoe = sparseSteps(config);
    return {
      rows: decoder(vocabulary, hidden, [
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias, outputBias: bias, norms }),
        ...gatedExperts(experts, width, hidden),
        router(experts, hidden),
        ...denseMlp(denseWidth(config, numLayers, isMoe), hidden),
      ]),
      modules: activations(["experts", "moe"], ["", "dense"]),
      numLayers,
      isMoe,
      numAttentionHeads: heads,
      numKeyValueHeads: keyValueHeads,
      headDim,
      hiddenSize: hidden,
      vocabSize: vocabulary,
      numExperts: experts,
      expertWidth: width,
      keys: { num_experts: expertsKey },
      tied: config.flag("tie_word_embeddings", false),
    };
  },
};
