import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, text, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "language_model.model.layers.{layer}.mlp.experts";

/** As its publisher names it; what transformers 5.23 saves has `blocks` for `layers`, under which it finds nothing itself. */
export const kimiK25: Storage = {
  model_type: "kimi_k25",
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
