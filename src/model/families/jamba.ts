import { perExpertLayouts } from "../blocks/experts.ts";
import { periodic, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.layers.{layer}.feed_forward.experts";

export const jamba: Storage = {
  model_type: "jamba",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, ["gate_proj", "up_proj", "down_proj"], module),
      sizes: sizesOf({
        num_experts: ["num_experts", "num_local_experts"],
        width: "intermediate_size",
        layers: periodic,
      }),
    },
  ],
};
