/**
 * The matrix products of a model, and the floating-point operations that training takes, by the convention of published
 * figures: a token takes 2 for each parameter that works on it in forward and 4 in backward. Of routed experts these are the
 * chosen ones; the input embedding is looked up, not multiplied. Causal attention comes on top: both its products, with every
 * key that a token sees. What is computed again is not counted, nor is the work of activations and the router's softmax.
 */
import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import type { Model, Parameter } from "../model/model.ts";
import { isMapping } from "../text/values.ts";
import { windowsOf } from "./windows.ts";

/** A product of rows with a parameter; norms and biases are products of one column. */
export interface Operation {
  /** The parameter's, with `{layer}` open. */
  readonly name: string;
  /** Layer indices; null outside of the layers. */
  readonly layers: readonly number[] | null;
  /** Rows for each token: 1, or its experts. */
  readonly rows: number;
  /** Of the matrix that a row is multiplied by. */
  readonly k: number;
  readonly n: number;
}

/** Operations for one token, forward and backward. */
export interface FlopsPerToken {
  /** Of matrices outside of the layers: the head. */
  readonly outside: number;
  /** Layers that are alike. */
  readonly kinds: readonly FlopsOfKind[];
}

export interface FlopsOfKind {
  readonly layers: readonly number[];
  readonly matrices: number;
  /** Null where a layer has no products of queries and keys. */
  readonly attention: Attention | null;
}

interface Attention {
  /** For each key that the token sees. */
  readonly per_key: number;
  /** Keys that it sees at most; null where it sees all before it. */
  readonly window: number | null;
}

/** Forward, and twice that for the gradients of rows and matrix; of a frozen matrix there is none. */
const PER_ELEMENT = 6;
const PER_FROZEN_ELEMENT = 4;

/** Two matrices of low rank that are trained in place of the model's. */
export interface LowRankPair {
  readonly layers: readonly number[] | null;
  readonly r: number;
  /** Null where it is on a linear layer. */
  readonly experts: number | null;
  readonly in_features: number;
  readonly out_features: number;
}

export function operationsOf({ parameters, sizes, tied, towers, towerParameters }: Model): readonly Operation[] {
  const isIdle = (name: string) =>
    towerParameters.includes(name) || towers.some((tower) => name.startsWith(`${tower}.`));
  return parameters
    .filter(({ name, buffer, tied: of }) => buffer === undefined && of === undefined && !isIdle(name))
    .filter(({ name }) => tied || !name.endsWith("embed_tokens.weight"))
    .map((parameter) => operationOf(parameter, sizes.num_experts_per_tok));
}

function operationOf({ name, layers, shape, kind }: Parameter, experts: number): Operation {
  const isExpert = kind === "expert";
  const [n = 1, ...others] = isExpert ? shape.slice(1) : shape;
  const k = others.reduce((product, size) => product * size, 1);
  return { name, layers, rows: isExpert ? experts : 1, k, n };
}

/** @param pairs the adapters of a model that is frozen but for them; undefined of one that is trained whole. */
export function flopsPerToken(model: Model, pairs?: readonly LowRankPair[]): FlopsPerToken {
  const attention = attentionOf(model);
  const matrices = new Array<number>(model.sizes.num_hidden_layers).fill(0);
  let outside = 0;
  for (const { layers, rows, k, n } of operationsOf(model)) {
    const flops = (pairs === undefined ? PER_ELEMENT : PER_FROZEN_ELEMENT) * rows * k * n;
    if (layers === null) outside += flops;
    for (const layer of layers ?? []) matrices[layer] = (matrices[layer] ?? 0) + flops;
  }
  for (const { layers, r, experts, in_features, out_features } of pairs ?? []) {
    const rows = experts === null ? 1 : model.sizes.num_experts_per_tok;
    for (const layer of layers ?? [])
      matrices[layer] = (matrices[layer] ?? 0) + PER_ELEMENT * rows * r * (in_features + out_features);
  }
  const kinds = new Map<string, FlopsOfKind & { readonly layers: number[] }>();
  matrices.forEach((flops, layer) => {
    const own = attention[layer] ?? null;
    const key = JSON.stringify([flops, own]);
    const kind = kinds.get(key) ?? { layers: [], matrices: flops, attention: own };
    kind.layers.push(layer);
    kinds.set(key, kind);
  });
  return { outside, kinds: [...kinds.values()] };
}

/** Of each layer. */
function attentionOf(model: Model): readonly (Attention | null)[] {
  const { sizes } = model;
  const config = model.config.value;
  const family = families.get(model.model_type);
  if (family === undefined || !isMapping(config)) return [];
  const { values } = family.languageOf(new ConfigReader(model.config, config, model.model_type));
  const number = (name: string) => {
    const value = values.get(name);
    return typeof value === "number" ? value : 0;
  };
  const heads = sizes.num_attention_heads;
  const widths =
    number("kv_lora_rank") > 0
      ? number("qk_nope_head_dim") + number("qk_rope_head_dim") + number("v_head_dim")
      : 2 * (sizes.head_dim ?? Math.floor(sizes.hidden_size / heads));
  const window = values.get("sliding_window");
  const usesWindow = values.get("use_sliding_window");
  const types = values.get("layer_types");
  const windows = windowsOf(model.text_type, {
    layers: sizes.num_hidden_layers,
    types: Array.isArray(types) && types.length > 0 ? types.map(String) : null,
    window: typeof window === "number" ? window : null,
    usesWindow: typeof usesWindow === "boolean" ? usesWindow : null,
  });
  return windows.map(({ count, window: own }) =>
    count === 0 ? null : { per_key: PER_ELEMENT * count * heads * widths, window: own },
  );
}
