import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs } from "../blocks/stored.ts";

export const ernie45Moe = storedAs({
  model_type: "ernie4_5_moe",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["moe_num_experts"],
});
