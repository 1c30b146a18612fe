import { all, storedAs } from "../blocks/stored.ts";
import type { ConfigReader } from "../config.ts";

const module = "backbone.layers.{layer}.mixer.experts";

/** Experts without a gate: their stacks are the same in both stacked layouts. */
export const nemotronH = storedAs({
  model_type: "nemotron_h",
  published: "per_expert",
  layouts: {
    per_expert: {
      up_proj: [`${module}.{expert}.up_proj.weight`],
      down_proj: [`${module}.{expert}.down_proj.weight`],
    },
    gate_up: { up_proj: [`${module}.up_proj`], down_proj: [`${module}.down_proj`] },
  },
  num_experts: ["n_routed_experts"],
  layers: blocks,
});

/** A word for each layer, or in older configs a letter; transformers saves the words alone, without a number of layers. */
function blocks(config: ConfigReader): readonly number[] | undefined {
  const kinds = config.texts("layers_block_type") ?? [...(config.text("hybrid_override_pattern") ?? "")];
  if (kinds.length === 0) return all(config);
  return kinds.flatMap((kind, layer) => (kind === "moe" || kind === "E" ? [layer] : []));
}
