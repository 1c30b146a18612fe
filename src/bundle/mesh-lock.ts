import type { Axis, DenseAxis, ExpertAxis, Mesh } from "../stack/mesh.ts";

/** The groups along an axis: `count` of them, each of `size` ranks that are `stride` apart. */
interface Groups {
  readonly size: number;
  readonly count: number;
  readonly stride: number;
}

export interface MeshLock {
  readonly world_size: number;
  /** Sizes of the view for dense parameters, slowest axis first. */
  readonly dense: Readonly<Record<DenseAxis, number>>;
  /** Sizes of the view for experts over the same ranks. */
  readonly expert: Readonly<Record<ExpertAxis, number>>;
  readonly groups: Readonly<Record<DenseAxis | ExpertAxis, Groups>>;
}

export function meshLock(mesh: Mesh): MeshLock {
  const axes: readonly Axis<DenseAxis | ExpertAxis>[] = [...mesh.dense, ...mesh.expert];
  return {
    world_size: mesh.world_size,
    dense: byName(mesh.dense, ({ size }) => size),
    expert: byName(mesh.expert, ({ size }) => size),
    groups: byName(axes, ({ size, stride }) => ({ size, count: mesh.world_size / size, stride })),
  };
}

function byName<Name extends string, T>(axes: readonly Axis<Name>[], of: (axis: Axis<Name>) => T): Record<Name, T> {
  return Object.fromEntries(axes.map((axis) => [axis.name, of(axis)])) as Record<Name, T>;
}
