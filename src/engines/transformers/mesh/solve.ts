import type { Cluster } from "../../../cluster/cluster.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { Axis, DenseAxis, ExpertAxis, Mesh, MeshSizes } from "../../../stack/mesh.ts";

/**
 * The sizes that the plan asks for, `fsdp_size` inferred where it is left out: the cluster's ranks over the other
 * axes, rounded down, so that a cluster that does not divide shows up as a product that does not fit.
 */
export function solveSizes(plan: Plan, cluster: Pick<Cluster, "world_size">): MeshSizes {
  const { ep_size, tp_size, dp_replicate_size, pp_size } = plan.parallelism;
  const others = tp_size * dp_replicate_size * pp_size;
  const fsdp_size = plan.parallelism.fsdp_size ?? Math.max(1, Math.floor(cluster.world_size / others));
  return { ep_size, fsdp_size, tp_size, dp_replicate_size, pp_size, world_size: cluster.world_size };
}

/**
 * The two views of transformers (`TransformersDeviceMesh`): `pp * dp_replicate * fsdp * tp` ranks for dense
 * parameters, the same ranks as `pp * dp_replicate * efsdp * ep` for experts with `efsdp = fsdp * tp / ep`. Last axis
 * fastest. Only for sizes that the mesh rules let through.
 */
export function solveMesh(sizes: MeshSizes): Mesh {
  const { pp_size, dp_replicate_size, fsdp_size, tp_size, ep_size } = sizes;
  return {
    world_size: sizes.world_size,
    dense: axes<DenseAxis>([
      ["pp", pp_size],
      ["dp_replicate", dp_replicate_size],
      ["fsdp", fsdp_size],
      ["tp", tp_size],
    ]),
    expert: axes<ExpertAxis>([
      ["pp", pp_size],
      ["dp_replicate", dp_replicate_size],
      ["efsdp", (fsdp_size * tp_size) / ep_size],
      ["ep", ep_size],
    ]),
  };
}

function axes<Name extends string>(sizes: readonly (readonly [Name, number])[]): Axis<Name>[] {
  let stride = 1;
  return sizes
    .toReversed()
    .map(([name, size]) => {
      const axis = { name, size, stride };
      stride *= size;
      return axis;
    })
    .toReversed();
}
