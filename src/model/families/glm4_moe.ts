import { groupedAttention } from "../blocks/attention.ts";
import { perExpertLayouts } from "../blocks/experts.ts";
import { decoder } from "../blocks/layers.ts";
import { sharedExperts } from "../blocks/shared-experts.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const glm4Moe: Family = {
  model_type: "glm4_moe",
  architecture: "Glm4MoeForCausalLM",
  published: "per_expert",
  layouts: perExpertLayouts(),
  unread: [46, 92],
  build(config) {
    const measured = groupedSizes(config, { num_experts: ["n_routed_experts", "num_local_experts"] });
    const { sizes } = measured;
    const bias = config.flag("attention_bias", false);
    const norms = config.flag("use_qk_norm", false) ? { query: sizes.head_dim, key: sizes.head_dim } : undefined;
    const attention = groupedAttention(sizes, { bias, outputBias: false, norms });
    return decoder(config, measured, attention, sharedExperts(config, sizes, { correction: true }));
  },
};
