import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const axk2 = storedAs({
  model_type: "axk2",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
