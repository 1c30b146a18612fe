import type { Kind } from "../model/model.ts";
import type { FloatName } from "../plan/types.ts";
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
  /** In memory, where the run updates it. */
  readonly dtype_in_memory: FloatName;
  readonly kind: Kind;
  /** Mesh axis → "Shard(dim)"; every other axis holds copies. */
  readonly placement: Readonly<Record<string, string>>;
  /** On the rank that holds the most. */
  readonly local_shape: readonly number[];
  /** A buffer: no gradient, not counted as a parameter. */
  readonly buffer?: true;
  /** The parameter whose storage it shares. */
  readonly tied?: string;
}

export function tensorLock({ parameter, placement, local_shape, dtype: dtype_in_memory }: Placed): TensorLock {
  const { name, stored, layers, shape, dtype, kind, buffer, tied } = parameter;
  return {
    name,
    stored,
    layers,
    shape,
    dtype,
    dtype_in_memory,
    kind,
    placement,
    local_shape,
    ...(buffer ? { buffer } : {}),
    ...(tied === undefined ? {} : { tied }),
  };
}
