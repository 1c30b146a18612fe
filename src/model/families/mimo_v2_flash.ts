import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const mimoV2Flash = storedAs({
  model_type: "mimo_v2_flash",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["n_routed_experts", "num_local_experts", "num_experts"],
  layers: typed(),
});
