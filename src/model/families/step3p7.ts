import { layoutsIn } from "../blocks/experts.ts";
import { storedAs, text, typed } from "../blocks/stored.ts";

const published = "model.layers.{layer}.moe";
const module = "model.layers.{layer}.mlp.experts";

/** Published as three stacks beside the router. */
export const step3p7 = storedAs({
  model_type: "step3p7",
  published: "fused",
  language: text,
  layouts: {
    ...layoutsIn(module),
    fused: {
      gate_up_proj: [`${published}.gate_proj.weight`, `${published}.up_proj.weight`],
      down_proj: [`${published}.down_proj.weight`],
    },
  },
  num_experts: ["n_routed_experts", "num_local_experts", "moe_num_experts"],
  layers: typed(),
});
