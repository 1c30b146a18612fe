import { layoutsIn } from "../blocks/experts.ts";
import { deepseekExperts, storedAs, text } from "../blocks/stored.ts";

const module = "language_model.model.layers.{layer}.mlp.experts";

/** As its publisher names it; what transformers 5.23 saves has `blocks` for `layers`, under which it finds nothing itself. */
export const kimiK25 = storedAs({
  model_type: "kimi_k25",
  published: "per_expert",
  language: text,
  layouts: layoutsIn(module),
  ...deepseekExperts,
});
