import { config } from "../plans.ts";

/** A tensor's format and shape. */
export type Spec = readonly [dtype: string, shape: readonly number[]];
export type Specs = Readonly<Record<string, Spec>>;

const bytesOf: Readonly<Record<string, number>> = { F32: 4, I32: 4, BF16: 2, F16: 2, F8_E4M3: 1, U8: 1 };

/** A header's entries for tensors that follow one another, and how many bytes they come to. */
export function headerOf(tensors: Specs): { readonly text: string; readonly bytes: number } {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape]]) => {
    const begin = end;
    end += shape.reduce((product, dim) => product * dim, bytesOf[dtype] ?? 0);
    return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
  });
  return { text: `{${entries.join(",")}}`, bytes: end };
}

/** A file of a header's text and so many bytes of data. */
export function fileWith(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([prefix, text, Buffer.alloc(data)]));
}

export function safetensors(tensors: Specs): Uint8Array {
  const { text, bytes } = headerOf(tensors);
  return fileWith(text, bytes);
}

/** H, I, E and the layers of the toy: all sizes differ, so that no dim can be taken for another. */
export const toy = { hidden: 6, width: 4, experts: 3, layers: 2, vocabulary: 10 } as const;

export const toyConfig = config("Qwen3-30B-A3B", {
  hidden_size: toy.hidden,
  moe_intermediate_size: toy.width,
  num_experts: toy.experts,
  num_experts_per_tok: 2,
  num_hidden_layers: toy.layers,
  vocab_size: toy.vocabulary,
});

type Layout = "per_expert" | "fused" | "gate_up";

/** A layer's experts in one of the layouts. */
export function expertsIn(layout: Layout, layer: number, dtype = "BF16"): Specs {
  const { hidden: H, width: I, experts: E } = toy;
  const module = `model.layers.${layer}.mlp.experts`;
  if (layout === "fused") {
    return {
      [`${module}.gate_proj`]: [dtype, [E, I, H]],
      [`${module}.up_proj`]: [dtype, [E, I, H]],
      [`${module}.down_proj`]: [dtype, [E, H, I]],
    };
  }
  if (layout === "gate_up") {
    return { [`${module}.gate_up_proj`]: [dtype, [E, 2 * I, H]], [`${module}.down_proj`]: [dtype, [E, H, I]] };
  }
  const matrices = Array.from(
    { length: E },
    (_, expert): Specs => ({
      [`${module}.${expert}.gate_proj.weight`]: [dtype, [I, H]],
      [`${module}.${expert}.up_proj.weight`]: [dtype, [I, H]],
      [`${module}.${expert}.down_proj.weight`]: [dtype, [H, I]],
    }),
  );
  return Object.assign({}, ...matrices);
}

/** Everything of a layer but its experts: 32 heads of queries and 4 of keys, of 128 each, as Qwen3-30B-A3B has. */
export function besideIn(layer: number): Specs {
  const { hidden: H, experts: E } = toy;
  const [attention, at] = [`model.layers.${layer}.self_attn`, `model.layers.${layer}`];
  return {
    [`${attention}.q_proj.weight`]: ["BF16", [4096, H]],
    [`${attention}.k_proj.weight`]: ["BF16", [512, H]],
    [`${attention}.v_proj.weight`]: ["BF16", [512, H]],
    [`${attention}.o_proj.weight`]: ["BF16", [H, 4096]],
    [`${attention}.q_norm.weight`]: ["BF16", [128]],
    [`${attention}.k_norm.weight`]: ["BF16", [128]],
    [`${at}.mlp.gate.weight`]: ["BF16", [E, H]],
    [`${at}.input_layernorm.weight`]: ["BF16", [H]],
    [`${at}.post_attention_layernorm.weight`]: ["BF16", [H]],
  };
}

/** Everything outside the layers. */
export const outside: Specs = {
  "model.embed_tokens.weight": ["BF16", [toy.vocabulary, toy.hidden]],
  "model.norm.weight": ["BF16", [toy.hidden]],
  "lm_head.weight": ["BF16", [toy.vocabulary, toy.hidden]],
};

/** The toy in one layout, or in two, whole. */
export function toyTensors(...layouts: readonly [Layout, Layout]): Specs {
  return {
    ...outside,
    ...besideIn(0),
    ...besideIn(1),
    ...expertsIn(layouts[0], 0),
    ...expertsIn(layouts[1], 1),
  };
}

/** A checkpoint of one file in folder `model`. */
export function oneFile(tensors: Specs, modelConfig: unknown = toyConfig): Record<string, string | Uint8Array> {
  return { "model/config.json": JSON.stringify(modelConfig), "model/model.safetensors": safetensors(tensors) };
}

/** A checkpoint of several files and an index that names what is in them, with changes to its weight_map. */
export function sharded(
  shards: Readonly<Record<string, Specs>>,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string | Uint8Array> {
  const own = Object.entries(shards).flatMap(([file, tensors]) => Object.keys(tensors).map((name) => [name, file]));
  const weight_map = { ...Object.fromEntries(own), ...changes };
  const files = Object.entries(shards).map(([file, tensors]) => [`model/${file}`, safetensors(tensors)]);
  return {
    "model/config.json": JSON.stringify(toyConfig),
    "model/model.safetensors.index.json": JSON.stringify({ metadata: {}, weight_map }),
    ...Object.fromEntries(files),
  };
}
