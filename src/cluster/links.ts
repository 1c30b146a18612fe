/** What carries the bytes of an axis: the links inside a machine or a rack, or the network between them. */
import type { Cluster } from "./cluster.ts";

export type Groups = { readonly size: number; readonly stride: number };
export type Machines = Pick<Cluster, "gpu" | "gpus_per_node" | "world_size">;

/** Consecutive ranks that talk to each other without the network: those of a machine, or of a rack whose machines NVLink joins. */
export function islandSize({ gpu, gpus_per_node, world_size }: Machines): number {
  const nvlink = gpu.links?.nvlink;
  return Math.min(nvlink?.rack ? (nvlink.gpus ?? gpus_per_node) : gpus_per_node, world_size);
}

/** Over how many of them the ranks of one group of an axis are spread, at most. */
export function islandsOf({ size, stride }: Groups, machines: Machines): number {
  const island = islandSize(machines);
  const block = size * stride;
  if (island % block === 0) return 1;
  if (stride >= island) return size;
  // The group that begins latest in an island reaches furthest beyond it. Where groups begin repeats after so many blocks.
  const blocks = Math.min(Math.floor(machines.world_size / block), island);
  let latest = 0;
  for (let index = 0; index < blocks; index++)
    latest = Math.max(latest, Math.min(((index * block) % island) + stride - 1, island - 1));
  return Math.floor((latest + (size - 1) * stride) / island) + 1;
}

/** A link and its pace in GB/s one way for one GPU; the pace is undefined where planc does not know it. */
export interface Way {
  readonly over: "NVLink" | "PCIe" | "the network";
  readonly rate: number | undefined;
}

/** What joins GPUs without the network; undefined for a GPU of which nothing is known. */
export function wayInside({ gpu, gpus_per_node }: Machines, ranks: number): Way | undefined {
  if (gpu.links === undefined) return undefined;
  const { nvlink, pcie } = gpu.links;
  const joined = nvlink?.gpus ?? gpus_per_node;
  return nvlink !== null && ranks <= joined ? { over: "NVLink", rate: nvlink.rate } : { over: "PCIe", rate: pcie };
}

/** A GPU's share of the network. */
export function wayAcross({ gpu }: Machines): Way {
  return { over: "the network", rate: gpu.links?.network ?? undefined };
}
