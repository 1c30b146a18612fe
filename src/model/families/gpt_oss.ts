import { groupedAttention } from "../blocks/attention.ts";
import { expertsModule } from "../blocks/experts.ts";
import { activations, decoder, everyLayer } from "../blocks/layers.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family, Row } from "../family.ts";

const sinksName = "model.layers.{layer}.self_attn.sinks";
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
    const measured = groupedSizes(config, {
      num_experts: ["num_local_experts", "num_experts"],
      width: "intermediate_size",
      head_dim: () => config.size("head_dim"),
    });
    const { sizes } = measured;
    const { num_attention_heads, num_experts: E, moe_intermediate_size: I, hidden_size: H } = sizes;
    const bias = config.flag("attention_bias", true);
    const sinks: Row = { name: sinksName, shape: [num_attention_heads], kind: "attention", span: "every" };
    return decoder(config, measured, [sinks, ...groupedAttention(sizes, { bias, outputBias: bias })], {
      rows: [
        row(`${mlp}.router.weight`, [E, H], "router"),
        row(`${mlp}.router.bias`, [E], "router"),
        row(`${expertsModule}.gate_up_proj`, [E, H, 2 * I], "expert"),
        row(`${expertsModule}.gate_up_proj_bias`, [E, 2 * I], "expert"),
        row(`${expertsModule}.down_proj`, [E, I, H], "expert"),
        row(`${expertsModule}.down_proj_bias`, [E, H], "expert"),
      ],
      modules: activations(),
      isMoe: everyLayer,
    });
  },
};

function row(name: string, shape: readonly number[], kind: Row["kind"]): Row {
  return { name, shape, kind, span: "moe" };
}
