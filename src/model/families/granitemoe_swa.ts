import { layoutsIn } from "../blocks/experts.ts";
import { all, storedAs } from "../blocks/stored.ts";

const module = "model.layers.{layer}.block_sparse_moe.experts";

export const granitemoeSwa = storedAs({
  model_type: "granitemoe_swa",
  published: "gate_up",
  layouts: layoutsIn(module),
  num_experts: ["num_local_experts", "num_experts"],
  width: "intermediate_size",
  layers: all,
});
