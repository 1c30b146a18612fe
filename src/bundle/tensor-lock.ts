import type { Kind } from "../model/model.ts";
import type { Placed } from "../stack/mesh.ts";

/** One row of the tensor table: a template over layers, and over experts where they are stored one by one. */
export interface TensorLock {
  /** In memory, `{layer}` open. */
  readonly name: string;
  /** In the checkpoint, `{layer}` and `{expert}` open; empty where it has none of its own. */
  readonly stored: readonly string[];
  /** Null outside the layers. */
  readonly layers: readonly number[] | null;
  readonly shape: readonly number[];
  /** In the checkpoint. */
  readonly dtype: string;
  readonly kind: Kind;
  /** Mesh axis → "Shard(dim)"; every other axis holds copies. */
  readonly placement: Readonly<Record<string, string>>;
  /** On the rank that holds the most. */
  readonly local_shape: readonly number[];
  /** Held in memory, and exported, in float32 whatever format the model is loaded in. */
  readonly in_float32?: true;
  /** A buffer: no gradient, not counted as a parameter. */
  readonly buffer?: true;
  /** The parameter whose storage it shares. */
  readonly tied?: string;
}

export function tensorLock({ parameter, placement, local_shape, in_float32 }: Placed): TensorLock {
  const { name, stored, layers, shape, dtype, kind, buffer, tied } = parameter;
  return {
    name,
    stored,
    layers,
    shape,
    dtype,
    kind,
    placement,
    local_shape,
    ...(in_float32 ? { in_float32 } : {}),
    ...(buffer ? { buffer } : {}),
    ...(tied === undefined ? {} : { tied }),
  };
}
