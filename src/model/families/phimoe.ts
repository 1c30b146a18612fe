import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const phimoe: Storage = {
  model_type: "phimoe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts("model.layers.{layer}.block_sparse_moe.experts.{expert}", ["w1", "w3", "w2"]),
      sizes: sizesOf({ num_experts: ["num_local_experts", "num_experts"], width: "intermediate_size", layers: all }),
    },
  ],
};
