import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const exaoneMoe = storedAs({
  model_type: "exaone_moe",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: typed("first_k_dense_replace"),
});
