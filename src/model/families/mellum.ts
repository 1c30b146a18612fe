import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const mellum = storedAs({
  model_type: "mellum",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_local_experts", "num_experts"],
  layers: typed(),
});
