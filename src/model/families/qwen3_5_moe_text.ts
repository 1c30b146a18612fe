import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const qwen35MoeText: Storage = {
  model_type: "qwen3_5_moe_text",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: all }),
    },
  ],
};
