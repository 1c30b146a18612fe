import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.layers.{layer}.block_sparse_moe.experts";

export const granitemoeSwa: Storage = {
  model_type: "granitemoe_swa",
  published: "gate_up",
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, undefined, module),
      sizes: sizesOf({ num_experts: ["num_local_experts", "num_experts"], width: "intermediate_size", layers: all }),
    },
  ],
};
