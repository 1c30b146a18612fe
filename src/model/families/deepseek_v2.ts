import { latentAttention } from "../blocks/attention.ts";
import { perExpertLayouts } from "../blocks/experts.ts";
import { decoder } from "../blocks/layers.ts";
import { sharedExperts } from "../blocks/shared-experts.ts";
import { latentSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const deepseekV2: Family = {
  model_type: "deepseek_v2",
  architecture: "DeepseekV2ForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  build(config) {
    const measured = latentSizes(config, { num_experts: ["n_routed_experts", "num_experts"] });
    const { sizes } = measured;
    const feedForward = sharedExperts(config, sizes, { bias: config.flag("mlp_bias", false) });
    return decoder(config, measured, latentAttention(config, sizes), feedForward);
  },
};
