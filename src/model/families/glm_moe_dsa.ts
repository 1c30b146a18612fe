import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const glmMoeDsa = storedAs({
  model_type: "glm_moe_dsa",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
