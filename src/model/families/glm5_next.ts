import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, text, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.language_model.layers.{layer}.mlp.experts";

export const glm5Next: Storage = {
  model_type: "glm5_next",
  published: "per_expert",
  language: text,
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, undefined, module),
      sizes: sizesOf({
        num_experts: ["n_routed_experts", "num_local_experts", "num_experts"],
        part: text,
        layers: typed("first_k_dense_replace"),
      }),
    },
  ],
};
