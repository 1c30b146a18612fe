import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, text, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const published = "model.layers.{layer}.moe";
const module = "model.layers.{layer}.mlp.experts";

/** Published as three stacks beside the router. */
export const step3p7: Storage = {
  model_type: "step3p7",
  published: "fused",
  language: text,
  experts: [
    {
      layouts: {
        ...perExpertLayouts(`${module}.{expert}`, undefined, module),
        fused: {
          gate_up_proj: [`${published}.gate_proj.weight`, `${published}.up_proj.weight`],
          down_proj: [`${published}.down_proj.weight`],
        },
      },
      sizes: sizesOf({
        num_experts: ["n_routed_experts", "num_local_experts", "moe_num_experts"],
        part: text,
        layers: typed(),
      }),
    },
  ],
};
