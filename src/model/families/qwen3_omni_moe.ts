import { layoutsIn } from "../blocks/experts.ts";
import { sparseSteps } from "../blocks/layers.ts";
import { all, sizesOf } from "../blocks/stored.ts";
import type { Storage } from "../storage.ts";

/** Two language models: one thinks, the other speaks; some checkpoints have the first alone. */
export const qwen3OmniMoe: Storage = {
  model_type: "qwen3_omni_moe",
  published: "per_expert",
  language: ["thinker_config", "text_config"],
  experts: (["thinker", "talker"] as const).map((name) => {
    const module = `${name}.model.layers.{layer}.mlp.experts`;
    return {
      layouts: layoutsIn(module),
      sizes: sizesOf({
        num_experts: ["num_experts", "num_local_experts"],
        part: [`${name}_config`, "text_config"],
        layers: (config) => all(config).filter(sparseSteps(config)),
        ...(name === "talker" ? { exists: (config) => config.flag("enable_audio_output", true) } : {}),
      }),
    };
  }),
};
