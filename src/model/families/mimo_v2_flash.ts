import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const mimoV2Flash: Storage = {
  model_type: "mimo_v2_flash",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["n_routed_experts", "num_local_experts", "num_experts"], layers: typed() }),
    },
  ],
};
