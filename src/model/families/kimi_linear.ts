import { mixtralLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const kimiLinear = storedAs({
  model_type: "kimi_linear",
  published: "per_expert",
  layouts: mixtralLayouts,
  num_experts: ["num_experts", "num_local_experts"],
  layers: typed("first_k_dense_replace"),
});
