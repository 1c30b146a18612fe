/** What of a model decides how long a step takes: made once for a model, whatever its layout. */
import { families } from "../../model/families.ts";
import type { Model, Parameter } from "../../model/model.ts";
import { moduleOf } from "../experts/modules.ts";
import { type FlopsPerToken, flopsPerToken, type LowRankPair } from "../operations.ts";
import { goesOn } from "../traffic.ts";

/** Layers whose queries and keys are multiplied alike. */
interface AttentionWork {
  readonly layers: number;
  /** Operations for a token and a key that it sees, forward. */
  readonly per_key: number;
  /** Null where a token sees all before it. */
  readonly window: number | null;
}

/** A matrix that every token is multiplied by, in so many layers. */
export interface Matrix {
  readonly k: number;
  readonly n: number;
  readonly layers: number;
  /** Whether tensor parallelism divides it. */
  readonly isCut: boolean;
  readonly isAttention: boolean;
}

/** Layers that are alike are one entry: what is made of it costs the same for 4 and for 48. */
export interface ModelWork {
  readonly flops: FlopsPerToken;
  readonly layers: number;
  readonly moeLayers: number;
  readonly heads: number;
  readonly hidden_size: number;
  readonly vocab_size: number;
  readonly num_experts: number;
  readonly num_experts_per_tok: number;
  readonly matrices: readonly Matrix[];
  readonly attention: readonly AttentionWork[];
  /** Of one expert: what it takes and gives, the width between, and whether the first product gives gate and up. */
  readonly expert: { readonly hidden: number; readonly width: number; readonly gated: boolean };
  /** Numbers of a token, all layers together. */
  readonly per_token: {
    /** That norms read. */
    readonly normed: number;
    /** Of queries and keys that get positions. */
    readonly rotated: number;
    /** Between the matrices of dense blocks and shared experts. */
    readonly activated: number;
  };
  /** Norms and positions are a kernel each. */
  readonly hasFusedNorms: boolean;
  /** Numbers of parameters: of layers without experts, of these what tensor parallelism divides, of experts, of the embedding and of the rest. */
  readonly numbers: {
    readonly dense: number;
    readonly cut: number;
    readonly experts: number;
    readonly embedding: number;
    readonly head: number;
  };
  /** The embedding is the head, too. */
  readonly isTied: boolean;
  /** A layer computes something behind its experts. */
  readonly goesOn: boolean;
}

const cutKinds: ReadonlySet<string> = new Set(["attention", "dense_mlp", "shared_expert"]);

/**
 * @param hasFusedNorms whether the release's kernels compute the family's norms and positions.
 * @param pairs the adapters of a model that is frozen but for them.
 * @returns what there is to do, or why planc cannot say.
 */
export function workOf(
  model: Model,
  hasFusedNorms: boolean,
  pairs?: readonly LowRankPair[],
): ModelWork | { readonly unknown: string } {
  const { sizes, parameters, model_type, text_type } = model;
  const module = moduleOf(model);
  const down = parameters.find(({ name, kind }) => kind === "expert" && name.endsWith(".down_proj"));
  if (module === null || down === undefined || families.get(model_type) === undefined)
    return { unknown: `planc does not know how the experts of ${model_type} compute` };
  const flops = flopsPerToken(model, pairs);
  if (flops.kinds.some(({ attention }) => attention === null))
    return { unknown: `${model_type} has layers that are no attention, whose time planc does not know` };
  const held = parameters.filter(({ buffer, tied }) => buffer === undefined && tied === undefined);
  const [, one = 0, other = 0] = down.shape;
  const isTransposed = text_type === "aria_text" || module.bias;
  const [hidden, width] = isTransposed ? [other, one] : [one, other];
  const perToken = { normed: 0, rotated: 0, activated: 0 };
  const numbers = { dense: 0, cut: 0, experts: 0, embedding: 0, head: 0 };
  const matrices: Matrix[] = [];
  for (const parameter of held) {
    const { kind, shape, layers } = parameter;
    const times = layers?.length ?? 1;
    const all = shape.reduce((product, size) => product * size, 1) * times;
    const isCut = cutKinds.has(kind) && shape.length === 2;
    if (kind === "expert") numbers.experts += all;
    else if (kind === "embedding") numbers.embedding += all;
    else if (layers === null) numbers.head += all;
    else if (isCut) numbers.cut += all;
    else numbers.dense += all;
    if (kind === "norm") perToken.normed += times * normedNumbers(parameter, model);
    const [n = 1, k = 1] = shape;
    if (shape.length !== 2 || layers === null || kind === "expert") continue;
    matrices.push({ k, n, layers: times, isCut, isAttention: kind === "attention" });
    if (/\.(q|q_b|k|qkv)_proj\./.test(parameter.name)) perToken.rotated += times * n;
    if (kind !== "attention" && /\.(gate|up|gate_up)_proj\./.test(parameter.name)) perToken.activated += times * n;
  }
  return {
    flops,
    layers: sizes.num_hidden_layers,
    moeLayers: model.moeLayers.length,
    heads: sizes.num_attention_heads,
    hidden_size: sizes.hidden_size,
    vocab_size: sizes.vocab_size,
    num_experts: sizes.num_experts,
    num_experts_per_tok: sizes.num_experts_per_tok,
    matrices,
    attention: flops.kinds.flatMap(({ layers, attention }) =>
      attention === null ? [] : [{ layers: layers.length, per_key: attention.per_key / 3, window: attention.window }],
    ),
    expert: { hidden, width, gated: module.gated },
    per_token: perToken,
    hasFusedNorms,
    numbers,
    isTied: model.tied,
    goesOn: goesOn(model),
  };
}

/** A norm of a head's width runs over every head. */
function normedNumbers({ name, shape }: Parameter, { sizes }: Model): number {
  const [width = 0] = shape;
  if (width !== sizes.head_dim) return width;
  if (name.includes(".q_norm.")) return width * sizes.num_attention_heads;
  return name.includes(".k_norm.") ? width * sizes.num_key_value_heads : width;
}
