import { sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "backbone.layers.{layer}.mixer.experts";

/** Experts without a gate: their stacks are the same in both stacked layouts. Which layers hold them, a list of block types tells. */
export const nemotronH: Storage = {
  model_type: "nemotron_h",
  published: "per_expert",
  experts: [
    {
      layouts: {
        per_expert: {
          up_proj: [`${module}.{expert}.up_proj.weight`],
          down_proj: [`${module}.{expert}.down_proj.weight`],
        },
        gate_up: { up_proj: [`${module}.up_proj`], down_proj: [`${module}.down_proj`] },
      },
      sizes: sizesOf({ num_experts: ["n_routed_experts"] }),
    },
  ],
};
