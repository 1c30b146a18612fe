import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const ernie45Moe: Storage = {
  model_type: "ernie4_5_moe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["moe_num_experts"] }),
    },
  ],
};
