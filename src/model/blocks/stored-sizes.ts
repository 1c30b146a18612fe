import type { ConfigReader } from "../config.ts";
import type { ExpertSizes } from "../storage.ts";

interface Keys {
  /** Keys of nested configs that hold the model with the experts, outermost first. */
  readonly inside?: readonly string[];
  readonly num_experts: readonly string[];
  readonly width: readonly string[];
  readonly hidden?: readonly string[];
  /** Layers that hold experts. Left out: any may, and the checkpoint tells. */
  readonly layers?: (config: ConfigReader) => readonly number[];
}

/** Sizes of experts by the keys of config.json that give them; of several keys for one, any that is there. */
export function sizesOf(keys: Keys): (config: ConfigReader) => ExpertSizes {
  return (root) => {
    const config = (keys.inside ?? []).reduce((at, key) => at.nested(key), root);
    const size = (names: readonly string[]) => config.size(config.alias(names));
    const layers = keys.layers?.(config);
    return {
      num_experts: size(keys.num_experts),
      width: size(keys.width),
      hidden: size(keys.hidden ?? ["hidden_size"]),
      layers: layers ?? every(config),
      ...(layers === undefined ? { some: true as const } : {}),
    };
  };
}

/** Every `period`-th layer, the first of them at `offset`. */
export function every(config: ConfigReader, period = 1, offset = 0): number[] {
  const count = config.size("num_hidden_layers");
  return Array.from({ length: count }, (_, layer) => layer).filter((layer) => layer % period === offset);
}
