import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const axk1 = storedAs({
  model_type: "axk1",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
