import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, everyLayer, router } from "../blocks/layers.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const olmoe: Family = {
  model_type: "olmoe",
  architecture: "OlmoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const measured = groupedSizes(config, {
      num_experts: ["num_experts", "num_local_experts"],
      width: "intermediate_size",
      num_key_value_heads: (heads) => config.sizeOr("num_key_value_heads", heads),
    });
    const { sizes } = measured;
    const { hidden_size, num_attention_heads, num_key_value_heads } = sizes;
    const bias = config.flag("attention_bias", false);
    const norms = { query: hidden_size, key: Math.floor(hidden_size / num_attention_heads) * num_key_value_heads };
    return decoder(config, measured, groupedAttention(sizes, { bias, outputBias: bias, norms }), {
      rows: [router(sizes), ...gatedExperts(sizes)],
      modules: activations(["experts", "moe"]),
      isMoe: everyLayer,
    });
  },
};
