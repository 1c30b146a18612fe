import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

/** Its first_k_dense_replace is in the config.json, but transformers does not look at it. */
export const solarOpen: Storage = {
  model_type: "solar_open",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["n_routed_experts", "num_local_experts", "num_experts"] }),
    },
  ],
};
