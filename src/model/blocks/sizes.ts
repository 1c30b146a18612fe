import type { ConfigReader } from "../config.ts";
import type { Blueprint } from "../family.ts";
import type { TableSizes } from "../model.ts";

/** Sizes with the width of a head, which grouped attention has. */
export interface GroupedSizes extends TableSizes {
  readonly head_dim: number;
}

/** The sizes of a config, and the keys that it writes them with. */
export interface Measured<Size extends TableSizes = TableSizes> extends Pick<Blueprint, "keys"> {
  readonly sizes: Size;
}

interface Keys {
  /** Names of one key; where several are written they must agree. */
  readonly num_experts: readonly string[];
  /** The key of an expert's width. */
  readonly width?: string;
}

interface GroupedKeys extends Keys {
  /** Left out, the config must have it. */
  readonly num_key_value_heads?: (heads: number) => number;
  /** `even`: what the hidden size has for each head. Left out, that is taken where the config has none. */
  readonly head_dim?: (even: number) => number;
}

/** The sizes of a decoder with grouped attention. */
export function groupedSizes(config: ConfigReader, keys: GroupedKeys): Measured<GroupedSizes> {
  const key = "head_dim";
  return measure(config, keys, (hidden, heads) => {
    const num_key_value_heads = keys.num_key_value_heads?.(heads) ?? config.size("num_key_value_heads");
    const even = Math.floor(hidden / heads);
    const head_dim = keys.head_dim?.(even) ?? (config.has(key) ? config.size(key) : even);
    return { num_key_value_heads, head_dim };
  });
}

/** The sizes of a decoder with latent attention, whose heads have several widths. */
export function latentSizes(config: ConfigReader, keys: Keys): Measured {
  return measure(config, keys, (_, heads) => {
    return { num_key_value_heads: config.sizeOr("num_key_value_heads", heads), head_dim: undefined };
  });
}

function measure<HeadDim extends number | undefined>(
  config: ConfigReader,
  { num_experts, width = "moe_intermediate_size" }: Keys,
  headsOf: (hidden: number, heads: number) => { readonly num_key_value_heads: number; readonly head_dim: HeadDim },
) {
  const hidden_size = config.size("hidden_size");
  const num_attention_heads = config.size("num_attention_heads");
  const heads = headsOf(hidden_size, num_attention_heads);
  const expertsKey = config.alias(num_experts);
  const sizes = {
    hidden_size,
    num_attention_heads,
    ...heads,
    num_experts: config.size(expertsKey),
    moe_intermediate_size: config.size(width),
    vocab_size: config.size("vocab_size"),
    num_hidden_layers: config.size("num_hidden_layers"),
  };
  return { sizes, keys: { num_experts: expertsKey, moe_intermediate_size: width } };
}
