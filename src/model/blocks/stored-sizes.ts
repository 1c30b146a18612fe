import type { ConfigReader } from "../config.ts";
import type { ExpertSizes } from "../storage.ts";

interface Keys {
  readonly num_experts: readonly string[];
  readonly width?: string;
  /** Indices of the layers that hold experts; undefined where the config does not tell, and the checkpoint has to. */
  readonly layers?: (config: ConfigReader) => readonly number[] | undefined;
}

/** Sizes of experts by the keys of config.json that give them; of several keys for one, any that is there. */
export function sizesOf({ num_experts, width = "moe_intermediate_size", layers }: Keys) {
  return (config: ConfigReader): ExpertSizes => {
    const known = layers?.(config);
    return {
      num_experts: config.size(config.alias(num_experts)),
      width: config.size(width),
      hidden: config.size("hidden_size"),
      layers: known ?? all(config),
      ...(known === undefined ? { some: true as const } : {}),
    };
  };
}

/** Every layer. */
export function all(config: ConfigReader): number[] {
  return Array.from({ length: config.size("num_hidden_layers") }, (_, layer) => layer);
}

/** Every `expert_layer_period`-th layer. */
export function periodic(config: ConfigReader): number[] {
  const [period, offset] = [config.size("expert_layer_period"), config.size("expert_layer_offset", 0)];
  return all(config).filter((layer) => layer % period === offset);
}

/** As `mlp_layer_types` lists them; else all but the first ones, of which `key` gives the number. */
export function typed(key?: string): NonNullable<Keys["layers"]> {
  return (config) => {
    const types = config.texts("mlp_layer_types");
    if (types !== undefined) return all(config).filter((layer) => types[layer] !== "dense");
    if (key === undefined || !config.has(key)) return undefined;
    const first = config.size(key, 0);
    return all(config).filter((layer) => layer >= first);
  };
}
