import { groupedAttention } from "../blocks/attention.ts";
import { gatedExperts, mixtralLayouts } from "../blocks/experts.ts";
import { activations, decoder, everyLayer, router } from "../blocks/layers.ts";
import { groupedSizes } from "../blocks/sizes.ts";
import type { Family } from "../family.ts";

export const mixtral: Family = {
  model_type: "mixtral",
  architecture: "MixtralForCausalLM",
  published: "per_expert",
  layouts: mixtralLayouts,
  build(config) {
    const measured = groupedSizes(config, {
      num_experts: ["num_local_experts", "num_experts"],
      width: "intermediate_size",
      head_dim: (even) => config.sizeOr("head_dim", even),
    });
    const { sizes } = measured;
    return decoder(config, measured, groupedAttention(sizes, { bias: false, outputBias: false }), {
      rows: [router(sizes, "model.layers.{layer}.block_sparse_moe.gate.weight"), ...gatedExperts(sizes)],
      modules: activations(["experts", "moe"]),
      isMoe: everyLayer,
    });
  },
};
