import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const deepseekV32 = storedAs({
  model_type: "deepseek_v32",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
