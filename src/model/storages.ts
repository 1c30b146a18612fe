import { families } from "./families.ts";
import type { Layouts } from "./record.ts";
import { type ExpertStorage, type Storage, sizesOf, storageOf } from "./storage.ts";

/** Every family whose checkpoints planc can convert and inspect, by `model_type`. */
export const storages = {
  get(model_type: string): Storage | undefined {
    const family = families.get(model_type);
    if (family === undefined) return undefined;
    const storage = storageOf(family);
    return model_type === "qwen3_omni_moe" ? { ...storage, experts: [...storage.experts, speaking()] } : storage;
  },
  keys: families.keys,
};

/** The second language model of qwen3_omni_moe, which speaks what the first thinks; some checkpoints have the first alone. */
function speaking(): ExpertStorage {
  const text = families.get("qwen3_omni_moe_text");
  const renamed = Object.entries(text?.layouts ?? {}).map(([layout, experts]) => [
    layout,
    Object.fromEntries(
      Object.entries(experts).map(([part, names]) => [
        part,
        names.map((name) => name.replace(/^model\./, "talker.model.")),
      ]),
    ),
  ]);
  return {
    layouts: Object.fromEntries(renamed) as Layouts,
    sizes: (config) => {
      const isThere = config.flag("enable_audio_output", true) && config.raw(["talker_config"]) !== undefined;
      const part = isThere ? config.within("talker_config").within("text_config") : undefined;
      return part === undefined || text === undefined
        ? { num_experts: 1, width: 1, hidden: 1, layers: [] }
        : sizesOf(text.build(part).rows);
    },
  };
}
