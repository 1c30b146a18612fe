import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, denseMlp, gatedMlp, router } from "../blocks/layers.ts";
import { denseWidth, sparseSteps } from "../blocks/sparse-layers.ts";
import type { Family } from "../family.ts";

const mlp = "model.layers.{layer}.mlp";

export const qwen2Moe: Family = {
  model_type: "qwen2_moe",
  architecture: "Qwen2MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.size("num_key_value_heads");
    const headDim = config.has("head_dim") ? config.size("head_dim") : Math.floor(hidden / heads);
    const experts = config.size("num_experts");
    const width = config.size("moe_intermediate_size");
    const vocabulary = config.size("vocab_size");
    const numLayers = config.size("num_hidden_layers");
    const shared = config.size("shared_expert_intermediate_size");
    const bias = config.flag("qkv_bias", true);
    const isMoe = sparseSteps(config);
    return {
      rows: decoder(vocabulary, hidden, [
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias, outputBias: false }),
        router(experts, hidden),
        ...gatedExperts(experts, width, hidden),
        ...gatedMlp(`${mlp}.shared_expert`, shared, hidden, "shared_expert", "moe"),
        { name: `${mlp}.shared_expert_gate.weight`, shape: [1, hidden], kind: "shared_expert", span: "moe" },
        ...denseMlp(denseWidth(config, numLayers, isMoe), hidden),
      ]),
      modules: activations(["experts", "moe"], ["shared_expert", "moe"], ["", "dense"]),
      numLayers,
      isMoe,
      numAttentionHeads: heads,
      numKeyValueHeads: keyValueHeads,
      headDim,
      hiddenSize: hidden,
      vocabSize: vocabulary,
      numExperts: experts,
      expertWidth: width,
      keys: {},
      tied: config.flag("tie_word_embeddings", false),
    };
  },
};
