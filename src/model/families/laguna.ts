import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

export const laguna = storedAs({
  model_type: "laguna",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["num_experts", "num_local_experts"],
  layers: typed(),
  beside: ["e_score_correction_bias"],
});
