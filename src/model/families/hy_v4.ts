import { perExpertLayouts } from "../blocks/experts.ts";
import { deepseekExperts, storedAs } from "../blocks/stored.ts";

export const hyV4 = storedAs({
  model_type: "hy_v4",
  published: "gate_up",
  layouts: perExpertLayouts(),
  ...deepseekExperts,
});
