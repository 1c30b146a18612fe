import { perExpertLayouts } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

/** Experts that pass their input on have gates and ups in transformers' checkpoints, which nothing reads. */
export const longcatFlash = storedAs({
  model_type: "longcat_flash",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["n_routed_experts", "num_experts"],
  width: "expert_ffn_hidden_size",
  idle: "zero_expert_num",
  layers: (config) => all(config, "num_layers"),
});
