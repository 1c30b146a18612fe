import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const mellum: Storage = {
  model_type: "mellum",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_local_experts", "num_experts"], layers: typed() }),
    },
  ],
};
