import { perExpertLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const qwen35MoeText = storedAs({
  model_type: "qwen3_5_moe_text",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: all,
});
