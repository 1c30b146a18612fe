import { layoutsIn } from "../blocks/experts.ts";
import { frequent, storedAs, text } from "../blocks/stored.ts";

const module = "language_model.model.layers.{layer}.block_sparse_moe.experts";

export const minimaxM3Vl = storedAs({
  model_type: "minimax_m3_vl",
  published: "per_expert",
  language: text,
  layouts: layoutsIn(module, ["w1", "w3", "w2"]),
  num_experts: ["num_local_experts", "num_experts"],
  width: "intermediate_size",
  layers: frequent,
});
