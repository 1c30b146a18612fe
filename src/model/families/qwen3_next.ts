import { perExpertLayouts } from "../blocks/experts.ts";
import { sparseSteps } from "../blocks/layers.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const qwen3Next = storedAs({
  model_type: "qwen3_next",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: (config) => all(config).filter(sparseSteps(config)),
});
