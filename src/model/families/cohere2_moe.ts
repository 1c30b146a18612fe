import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const cohere2Moe = storedAs({
  model_type: "cohere2_moe",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  width: "intermediate_size",
  layers: typed(),
});
