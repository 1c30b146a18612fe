import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const kimiLinear: Storage = {
  model_type: "kimi_linear",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts("model.layers.{layer}.block_sparse_moe.experts.{expert}", ["w1", "w3", "w2"]),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: typed("first_k_dense_replace") }),
    },
  ],
};
