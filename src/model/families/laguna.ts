import { perExpertLayouts } from "../blocks/experts.ts";
import { sizesOf, typed } from "../blocks/stored-sizes.ts";
import type { Storage } from "../storage.ts";

export const laguna: Storage = {
  model_type: "laguna",
  published: "per_expert",
  experts: [
    {
      layouts: perExpertLayouts(),
      sizes: sizesOf({ num_experts: ["num_experts", "num_local_experts"], layers: typed() }),
    },
  ],
  beside: ["e_score_correction_bias"],
};
