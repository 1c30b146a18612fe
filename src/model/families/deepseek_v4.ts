import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.layers.{layer}.ffn.experts";

/** As transformers saves it. What is published packs two 4-bit numbers in a byte. */
export const deepseekV4: Storage = {
  model_type: "deepseek_v4",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, ["w1", "w3", "w2"], module),
      sizes: sizesOf({ num_experts: ["n_routed_experts", "num_local_experts"], layers: all }),
    },
  ],
};
