import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const dots1 = storedAs({
  model_type: "dots1",
  published: "per_expert",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
