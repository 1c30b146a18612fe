import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const mistral4 = storedAs({
  model_type: "mistral4",
  published: "gate_up",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
