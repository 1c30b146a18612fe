import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.layers.{layer}.experts";

export const gemma4Text: Storage = {
  model_type: "gemma4_text",
  published: "gate_up",
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, undefined, module),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"] }),
    },
  ],
};
