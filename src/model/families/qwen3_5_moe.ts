import { perExpertLayouts } from "../blocks/experts.ts";
import { all, sizesOf, text } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

const module = "model.language_model.layers.{layer}.mlp.experts";

export const qwen35Moe: Storage = {
  model_type: "qwen3_5_moe",
  published: "gate_up",
  language: text,
  experts: [
    {
      layouts: perExpertLayouts(`${module}.{expert}`, undefined, module),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], part: text, layers: all }),
    },
  ],
};
