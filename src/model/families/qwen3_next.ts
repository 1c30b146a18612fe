import { perExpertLayouts } from "../blocks/experts.ts";
import { sparseSteps } from "../blocks/sparse-layers.ts";
import { all, sizesOf } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const qwen3Next: Storage = {
  model_type: "qwen3_next",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({
        num_experts: ["num_experts", "num_local_experts"],
        layers: (config) => all(config).filter(sparseSteps(config)),
      }),
    },
  ],
};
