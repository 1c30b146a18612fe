import { latentAttention } from "../blocks/attention.ts";
import { perExpertLayouts } from "../blocks/experts.ts";
import { decoder } from "../blocks/layers.ts";
import { sharedExperts } from "../blocks/shared-experts.ts";
import { latentSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const deepseekV3: Family = {
  model_type: "deepseek_v3",
  architecture: "DeepseekV3ForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  unread: [61],
  build(config) {
    const measured = latentSizes(config, { num_experts: ["n_routed_experts", "num_local_experts"] });
    const { sizes } = measured;
    const feedForward = sharedExperts(config, sizes, { correction: true });
    return decoder(config, measured, latentAttention(config, sizes), feedForward);
  },
};
