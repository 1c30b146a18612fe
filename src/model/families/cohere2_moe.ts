import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const cohere2Moe: Storage = {
  model_type: "cohere2_moe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({
        num_experts: ["num_experts", "num_local_experts"],
        width: "intermediate_size",
        layers: typed(),
      }),
    },
  ],
};
