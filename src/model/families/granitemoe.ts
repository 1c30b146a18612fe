import { graniteLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const granitemoe: Storage = {
  model_type: "granitemoe",
  published: "gate_up",
  experts: [
    {
      layouts: graniteLayouts,
      sizes: sizesOf({ num_experts: ["num_local_experts", "num_experts"], width: "intermediate_size", layers: all }),
    },
  ],
};
