import type { Parameter } from "../model/model.ts";

/** One mesh axis: its size and the distance in ranks between neighbours along it. */
export interface Axis<Name extends string = string> {
  readonly name: Name;
  readonly size: number;
  readonly stride: number;
}

export type DenseAxis = "pp" | "dp_replicate" | "fsdp" | "tp";
export type ExpertAxis = "pp" | "dp_replicate" | "efsdp" | "ep";

/**
 * Two views of the same ranks, slowest axis first: `(pp, dp_replicate, fsdp, tp)` for dense parameters and
 * `(pp, dp_replicate, efsdp, ep)` for experts. A group along an axis is size, count and stride, never a list of ranks.
 */
export interface Mesh {
  readonly world_size: number;
  readonly dense: readonly Axis<DenseAxis>[];
  readonly expert: readonly Axis<ExpertAxis>[];
}

/** Ranks along an axis of either view. */
export function axisSize({ dense, expert }: Pick<Mesh, "dense" | "expert">, name: string): number {
  return [...dense, ...expert].find((axis) => axis.name === name)?.size ?? 1;
}

/** Sizes before they are known to fit together. `fsdp_size` inferred where the plan leaves it out. */
export interface MeshSizes {
  readonly ep_size: number;
  readonly fsdp_size: number;
  readonly tp_size: number;
  readonly dp_replicate_size: number;
  readonly pp_size: number;
  readonly world_size: number;
}

/** Where a parameter's elements are: what each mesh axis does to it. Axes that hold a copy are left out. */
export interface Placed {
  readonly parameter: Parameter;
  /** Axis name → "Shard(dim)"; dims sharded over two axes are cut by the later axis of the list first. */
  readonly placement: Readonly<Record<string, string>>;
  /** Shape on the rank that holds the most. */
  readonly local_shape: readonly number[];
  /** Held in float32, its gradient and optimizer states with it, whatever format the plan's parameters have. */
  readonly in_float32?: true;
}
