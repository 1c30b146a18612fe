import { latentAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, correctionBias, decoder, denseMlp, gatedMlp, router } from "../blocks/layers.ts";
import { denseWidth, firstDense } from "../blocks/sparse-layers.ts";
import type { Family } from "../family.ts";

export const deepseekV3: Family = {
  model_type: "deepseek_v3",
  architecture: "DeepseekV3ForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  unread: [61],
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const expertsKey = config.alias(["n_routed_experts", "num_local_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("moe_intermediate_size");
    const numLayers = config.size("num_hidden_layers");
    const vocabulary = config.size("vocab_size");
    const shared = width * config.size("n_shared_experts");
    const isMoe = firstDense(config);
    return {
      rows: decoder(vocabulary, hidden, [
        ...latentAttention({
          hidden,
          heads,
          queryRank: config.sizeOrNull("q_lora_rank"),
          keyValueRank: config.size("kv_lora_rank"),
          nopeDim: config.size("qk_nope_head_dim"),
          ropeDim: config.size("qk_rope_head_dim"),
          valueDim: config.size("v_head_dim"),
          bias: config.flag("attention_bias", false),
        }),
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
      numKeyValueHeads: config.sizeOr("num_key_value_heads", heads),
      headDim: undefined,
      hiddenSize: hidden,
      vocabSize: vocabulary,
      numExperts: experts,
      expertWidth: width,
      keys: { num_experts: expertsKey },
      tied: config.flag("tie_word_embeddings", false),
    };
  },
};
