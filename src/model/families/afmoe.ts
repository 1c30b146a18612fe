import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const afmoe: Storage = {
  model_type: "afmoe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: typed("num_dense_layers") }),
    },
  ],
};
