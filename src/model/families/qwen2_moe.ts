import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, perExpertLayouts } from "../blocks/experts.ts";
import { activations, decoder, denseMlp, gatedMlp, router, sparseSteps } from "../blocks/layers.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

const mlp = "model.layers.{layer}.mlp";

export const qwen2Moe: Family = {
  model_type: "qwen2_moe",
  architecture: "Qwen2MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const measured = groupedSizes(config, { num_experts: ["num_experts"] });
    const { sizes } = measured;
    const { hidden_size } = sizes;
    const shared = config.size("shared_expert_intermediate_size");
    const bias = config.flag("qkv_bias", true);
    const isMoe = sparseSteps(config);
    return decoder(config, measured, groupedAttention(sizes, { bias, outputBias: false }), {
      rows: [
        router(sizes),
        ...gatedExperts(sizes),
        ...gatedMlp(`${mlp}.shared_expert`, shared, hidden_size, "shared_expert", "moe"),
        { name: `${mlp}.shared_expert_gate.weight`, shape: [1, hidden_size], kind: "shared_expert", span: "moe" },
        ...denseMlp(config, sizes, isMoe),
      ],
      modules: activations(["experts", "moe"], ["shared_expert", "moe"], ["", "dense"]),
      isMoe,
    });
  },
};
