import { layoutsIn } from "../blocks/experts.ts";
import { storedAs } from "../blocks/stored.ts";

const module = "model.layers.{layer}.experts";

export const gemma4Text = storedAs({
  model_type: "gemma4_text",
  published: "gate_up",
  layouts: layoutsIn(module),
  num_experts: ["num_experts", "num_local_experts"],
});
