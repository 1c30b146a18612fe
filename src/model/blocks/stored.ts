import type { ConfigReader } from "../config.ts";
import type { ExpertSizes, ExpertStorage, Storage } from "../storage.ts";

interface Keys {
  readonly num_experts: readonly string[];
  readonly width?: string | undefined;
  /** Keys that lead to the part of the config that says all this. */
  readonly part?: readonly string[] | undefined;
  /** Whether the model has this part; left out, it has. */
  readonly exists?: (whole: ConfigReader) => boolean;
  /** Key of the number of experts that compute nothing, but are stored with gates. */
  readonly idle?: string | undefined;
  /** Indices of the layers that hold experts; undefined where the config does not tell, and the checkpoint has to. */
  readonly layers?: ((config: ConfigReader) => readonly number[] | undefined) | undefined;
}

interface StoredAs extends Omit<Storage, "experts">, Omit<Keys, "part" | "exists"> {
  readonly layouts: ExpertStorage["layouts"];
}

/** A family with one set of experts, whose sizes stand where the config describes the language model. */
export function storedAs({ layouts, num_experts, width, idle, layers, ...storage }: StoredAs): Storage {
  const keys = { num_experts, width, part: storage.language, idle, layers };
  return { ...storage, experts: [{ layouts, sizes: sizesOf(keys) }] };
}

/** Sizes of experts by the keys of config.json that give them; of several keys for one, any that is there. */
export function sizesOf({ num_experts, width = "moe_intermediate_size", part = [], exists, idle, layers }: Keys) {
  return (whole: ConfigReader): ExpertSizes => {
    if (exists?.(whole) === false) return { num_experts: 1, width: 1, hidden: 1, layers: [] };
    const config = part.reduce((reader, key) => reader.within(key), whole);
    const known = layers?.(config);
    const experts = config.size(config.alias(num_experts));
    return {
      num_experts: experts,
      ...(idle !== undefined && config.has(idle) ? { num_gates: experts + config.size(idle, 0) } : {}),
      width: config.size(width),
      hidden: config.size("hidden_size"),
      layers: known ?? all(config),
      ...(known === undefined ? { some: true as const } : {}),
    };
  };
}

/** Every layer. */
export function all(config: ConfigReader, key = "num_hidden_layers"): number[] {
  return Array.from({ length: config.size(key) }, (_, layer) => layer);
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

/** The experts of deepseek_v3 and of the families that write them with its keys. */
export const deepseekExperts = {
  num_experts: ["n_routed_experts", "num_local_experts", "num_experts"],
  layers: typed("first_k_dense_replace"),
};

/** As `typed`; else those whose number in the list `moe_layer_freq` is not 0. */
export function frequent(config: ConfigReader): readonly number[] | undefined {
  if (config.texts("mlp_layer_types") !== undefined || !config.has("moe_layer_freq")) return typed()(config);
  const frequencies = config.layers("moe_layer_freq");
  return all(config).filter((layer) => frequencies[layer] !== 0);
}

/** Key of the config's part that describes the language model. */
export const text = ["text_config"];
