import { layoutsIn } from "../blocks/experts.ts";
import { all, storedAs, text } from "../blocks/stored.ts";

const module = "model.language_model.layers.{layer}.mlp.experts";

export const qwen4Exp = storedAs({
  model_type: "qwen4_exp",
  published: "per_expert",
  language: text,
  layouts: layoutsIn(module),
  num_experts: ["num_experts", "num_local_experts"],
  layers: all,
});
