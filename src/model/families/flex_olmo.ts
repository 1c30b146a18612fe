import { perExpertLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

export const flexOlmo = storedAs({
  model_type: "flex_olmo",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  width: "intermediate_size",
  layers: all,
});
