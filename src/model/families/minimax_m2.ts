import { mixtralLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const minimaxM2 = storedAs({
  model_type: "minimax_m2",
  published: "per_expert",
  layouts: mixtralLayouts,
  num_experts: ["num_local_experts", "num_experts"],
  width: "intermediate_size",
  layers: all,
});
