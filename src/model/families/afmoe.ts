import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const afmoe = storedAs({
  model_type: "afmoe",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: typed("num_dense_layers"),
});
