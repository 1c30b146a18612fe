import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const hunyuanV1Moe: Storage = {
  model_type: "hunyuan_v1_moe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts"], width: "intermediate_size" }),
    },
  ],
};
