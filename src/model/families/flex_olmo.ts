import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const flexOlmo: Storage = {
  model_type: "flex_olmo",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], width: "intermediate_size", layers: all }),
    },
  ],
};
