import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs } from "../blocks/stored.ts";

/** Its first_k_dense_replace is in the config.json, but transformers does not look at it. */
export const solarOpen = storedAs({
  model_type: "solar_open",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["n_routed_experts", "num_local_experts", "num_experts"],
});
