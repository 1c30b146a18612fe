import type { Parameter } from "../model/model.ts";

/** Where a parameter's elements are: what each mesh axis does to it. Axes that hold a copy are left out. */
export interface Placed {
  readonly parameter: Parameter;
  /** Axis name → "Shard(dim)"; dims sharded over two axes are cut by the later axis of the list first. */
  readonly placement: Readonly<Record<string, string>>;
  /** Shape on the rank that holds the most. */
  readonly local_shape: readonly number[];
}
