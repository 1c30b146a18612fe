import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.layers.{layer}.feed_forward.experts";

export const lfm2Moe: Storage = {
  model_type: "lfm2_moe",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, ["w1", "w3", "w2"], module),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: typed("num_dense_layers") }),
    },
  ],
};
