import { groupedAttention } from "../blocks/attention.ts";
import { expertsModule } from "../blocks/experts.ts";
import { activations, decoder } from "../blocks/layers.ts";
import type { Family, Row } from "../family.ts";

const mlp = "model.layers.{layer}.mlp";
const biases = {
  gate_up_proj_bias: [`${expertsModule}.gate_up_proj_bias`],
  down_proj_bias: [`${expertsModule}.down_proj_bias`],
};

export const gptOss: Family = {
  model_type: "gpt_oss",
  architecture: "GptOssForCausalLM",
  published: "mxfp4",
  layouts: {
    mxfp4: {
      ...biases,
      gate_up_proj: [`${expertsModule}.gate_up_proj_blocks`, `${expertsModule}.gate_up_proj_scales`],
      down_proj: [`${expertsModule}.down_proj_blocks`, `${expertsModule}.down_proj_scales`],
    },
    gate_up_interleaved: {
      ...biases,
      gate_up_proj: [`${expertsModule}.gate_up_proj`],
      down_proj: [`${expertsModule}.down_proj`],
    },
  },
  build(config) {
    const hidden = config.size("hidden_size");
    const heads = config.size("num_attention_heads");
    const keyValueHeads = config.size("num_key_value_heads");
    const headDim = config.size("head_dim");
    const expertsKey = config.alias(["num_local_experts", "num_experts"]);
    const experts = config.size(expertsKey);
    const width = config.size("intermediate_size");
    const vocabulary = config.size("vocab_size");
    const bias = config.flag("attention_bias", true);
    const row = (name: string, shape: readonly number[], kind: Row["kind"]): Row => ({
      name,
      shape,
      kind,
      span: "moe",
    });
    return {
      rows: decoder(vocabulary, hidden, [
        { name: "model.layers.{layer}.self_attn.sinks", shape: [heads], kind: "attention", span: "every" },
        ...groupedAttention({ hidden, heads, keyValueHeads, headDim, bias, outputBias: bias }),
        row(`${mlp}.router.weight`, [experts, hidden], "router"),
        row(`${mlp}.router.bias`, [experts], "router"),
        row(`${expertsModule}.gate_up_proj`, [experts, hidden, 2 * width], "expert"),
        row(`${expertsModule}.gate_up_proj_bias`, [experts, 2 * width], "expert"),
        row(`${expertsModule}.down_proj`, [experts, width, hidden], "expert"),
        row(`${expertsModule}.down_proj_bias`, [experts, hidden], "expert"),
      ]),
      modules: activations(),
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
