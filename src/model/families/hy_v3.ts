import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const hyV3: Storage = {
  model_type: "hy_v3",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: typed("first_k_dense_replace") }),
    },
  ],
};
