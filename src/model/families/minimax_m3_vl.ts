import { perExpertLayouts } from "../blocks/experts.ts";
import { frequent, sizesOf, text } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "language_model.model.layers.{layer}.block_sparse_moe.experts";

export const minimaxM3Vl: Storage = {
  model_type: "minimax_m3_vl",
  published: "per_expert",
  language: text,
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, ["w1", "w3", "w2"], module),
      sizes: sizesOf({
        num_experts: ["num_local_experts", "num_experts"],
        width: "intermediate_size",
        part: text,
        layers: frequent,
      }),
    },
  ],
};
