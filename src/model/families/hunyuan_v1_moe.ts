import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs } from "../blocks/stored.ts";

export const hunyuanV1Moe = storedAs({
  model_type: "hunyuan_v1_moe",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts"],
  width: "intermediate_size",
});
