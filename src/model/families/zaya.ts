import { perExpertLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const zaya = storedAs({
  model_type: "zaya",
  published: "gate_up",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: all,
});
