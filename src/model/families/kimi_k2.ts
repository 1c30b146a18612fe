import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

/** deepseek_v3 under a name of its own, which transformers does not know. */
export const kimiK2: Storage = {
  model_type: "kimi_k2",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({
        num_experts: ["n_routed_experts", "num_local_experts"],
        layers: typed("first_k_dense_replace"),
      }),
    },
  ],
};
