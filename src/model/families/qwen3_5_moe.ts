import { layoutsIn } from "../blocks/experts.ts";
import { all, storedAs, text } from "../blocks/stored.ts";

const module = "model.language_model.layers.{layer}.mlp.experts";

export const qwen35Moe = storedAs({
  model_type: "qwen3_5_moe",
  published: "gate_up",
  language: text,
  layouts: layoutsIn(module),
  num_experts: ["num_experts", "num_local_experts"],
  layers: all,
});
