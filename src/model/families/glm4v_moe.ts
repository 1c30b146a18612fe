import { layoutsIn } from "../blocks/experts.ts";
import { deepseekExperts, storedAs, text } from "../blocks/stored.ts";

const module = "model.language_model.layers.{layer}.mlp.experts";

export const glm4vMoe = storedAs({
  model_type: "glm4v_moe",
  published: "per_expert",
  language: text,
  layouts: layoutsIn(module),
  ...deepseekExperts,
});
