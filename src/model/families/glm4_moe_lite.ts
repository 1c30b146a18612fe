import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const glm4MoeLite = storedAs({
  model_type: "glm4_moe_lite",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
