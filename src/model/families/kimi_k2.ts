import { perExpertLayouts } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

/** deepseek_v3 under a name of its own, which transformers does not know. */
export const kimiK2 = storedAs({
  model_type: "kimi_k2",
  published: "per_expert",
  layouts: perExpertLayouts(),
  num_experts: ["n_routed_experts", "num_local_experts"],
  layers: typed("first_k_dense_replace"),
});
