import { graniteLayouts } from "../blocks/experts.ts";
import { storedAs } from "../blocks/stored.ts";

export const granitemoehybrid = storedAs({
  model_type: "granitemoehybrid",
  published: "gate_up",
  layouts: graniteLayouts,
  num_experts: ["num_local_experts", "num_experts"],
  width: "intermediate_size",
});
