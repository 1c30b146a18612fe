import { graniteLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const granitemoeshared = storedAs({
  model_type: "granitemoeshared",
  published: "gate_up",
  layouts: graniteLayouts,
  num_experts: ["num_local_experts", "num_experts"],
  width: "intermediate_size",
  layers: all,
});
