import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const mistral4: Storage = {
  model_type: "mistral4",
  published: "gate_up",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({
        num_experts: ["n_routed_experts", "num_local_experts", "num_experts"],
        layers: typed("first_k_dense_replace"),
      }),
    },
  ],
};
