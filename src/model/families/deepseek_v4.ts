import { layoutsIn } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

const module = "model.layers.{layer}.ffn.experts";

/** As transformers saves it. What is published packs two 4-bit numbers in a byte. */
export const deepseekV4 = storedAs({
  model_type: "deepseek_v4",
  published: "per_expert",
  layouts: layoutsIn(module, ["w1", "w3", "w2"]),
  num_experts: ["n_routed_experts", "num_local_experts"],
  layers: all,
});
