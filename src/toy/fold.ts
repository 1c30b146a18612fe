import type { MeshSizes } from "../stack/mesh.ts";
import { divisors } from "../text/words.ts";

/** The sizes of a mesh that `planc rehearse` runs. */
export type Folded = Pick<MeshSizes, "dp_replicate_size" | "fsdp_size" | "tp_size" | "ep_size">;

/**
 * The largest mesh of at most `ranks` ranks in which every axis that is above 1 in the plan's mesh still is, `efsdp`
 * included; of several the one with the most expert parallelism. Undefined where that takes more ranks.
 */
export function foldMesh(sizes: Folded, ranks: number): Folded | undefined {
  const folded: Folded[] = [];
  for (const dp_replicate_size of divisors(sizes.dp_replicate_size)) {
    for (const fsdp_size of divisors(sizes.fsdp_size)) {
      for (const tp_size of divisors(sizes.tp_size)) {
        for (const ep_size of divisors(sizes.ep_size)) {
          const found = { dp_replicate_size, fsdp_size, tp_size, ep_size };
          if (worldOf(found) <= ranks && isSameShape(found, sizes)) folded.push(found);
        }
      }
    }
  }
  return folded.sort((a, b) => worldOf(b) - worldOf(a) || b.ep_size - a.ep_size || b.fsdp_size - a.fsdp_size)[0];
}

export function worldOf({ dp_replicate_size, fsdp_size, tp_size }: Folded): number {
  return dp_replicate_size * fsdp_size * tp_size;
}

/** Whether the trainer starts on such a mesh of CPU processes; else model, loss and gradients are compared without it. */
export function isTrainable({ tp_size }: Folded): boolean {
  return tp_size === 1;
}

function isSameShape(found: Folded, sizes: Folded): boolean {
  const axes = (mesh: Folded) => {
    const efsdp = (mesh.fsdp_size * mesh.tp_size) / mesh.ep_size;
    return [mesh.dp_replicate_size, mesh.fsdp_size, mesh.tp_size, mesh.ep_size, efsdp];
  };
  const whole = axes(sizes);
  return axes(found).every((size, index) => Number.isInteger(size) && size > 1 === (whole[index] ?? 1) > 1);
}
