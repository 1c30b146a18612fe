import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, denseMlp, router, sparseSteps } from "../blocks/layers.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const qwen3Moe: Family = {
  model_type: "qwen3_moe",
  architecture: "Qwen3MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const measured = groupedSizes(config, { num_experts: ["num_experts", "num_local_experts"] });
    const { sizes } = measured;
    const bias = config.flag("attention_bias", false);
    const norms = { query: sizes.head_dim, key: sizes.head_dim };
    const isMoe = sparseSteps(config);
    return decoder(config, measured, groupedAttention(sizes, { bias, outputBias: bias, norms }), {
      rows: [...gatedExperts(sizes), router(sizes), ...denseMlp(config, sizes, isMoe)],
      modules: activations(["experts", "moe"], ["", "dense"]),
      isMoe,
    });
  },
};
