import { layoutsIn } from "../blocks/experts.ts";
import { periodic, storedAs } from "../blocks/stored.ts";

const module = "model.layers.{layer}.feed_forward.experts";

export const jamba = storedAs({
  model_type: "jamba",
  published: "per_expert",
  layouts: layoutsIn(module),
  num_experts: ["num_experts", "num_local_experts"],
  width: "intermediate_size",
  layers: periodic,
});
