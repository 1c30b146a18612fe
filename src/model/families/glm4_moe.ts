import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, correctionBias, decoder, denseMlp, gatedMlp, router } from "../blocks/layers.ts";
import { denseWidth, firstDense } from "../blocks/sparse-layers.ts";
import type { Family } from "../family.ts";

export const glm4Moe: Family = {
  model_type: "glm4_moe",
  architecture: "Glm4MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  unread: [46, 92],
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.size("num_key_value_heads");
    const headDim = config.has("head_dim") ? config.size("head_dim") : Math.floor(hidden / heads);
    const expertsKey = config.alias(["n_routed_experts", "num_local_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("moe_intermediate_size");
    const numLayers = config.size("num_hidden_layers");
    const vocabulary = config.size("vocab_size");
    const shared = width * config.size("n_shared_experts");
    const bias = config.flag("attention_bias", false);
    const norms = config.flag("use_qk_norm", false) ? { query: headDim, key: headDim } : undefined;
    const isMoe = firstDense(config);
    return {
      rows: decoder(vocabulary, hidden, [
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias, outputBias: false, norms }),
        ...denseMlp(denseWidth(config, numLayers, isMoe), hidden),
        ...gatedExperts(experts, width, hidden),
        router(experts, hidden),
        correctionBias(experts),
        ...gatedMlp("model.layers.{layer}.mlp.shared_experts", shared, hidden, "shared_expert", "moe"),
      ]),
      modules: activations(["", "dense"], ["experts", "moe"], ["shared_experts", "moe"]),
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
