import { layoutsIn } from "../blocks/experts.ts";
import { storedAs, typed } from "../blocks/stored.ts";

const module = "model.layers.{layer}.feed_forward.experts";

export const lfm2Moe = storedAs({
  model_type: "lfm2_moe",
  published: "per_expert",
  layouts: layoutsIn(module, ["w1", "w3", "w2"]),
  num_experts: ["num_experts", "num_local_experts"],
  layers: typed("num_dense_layers"),
});
