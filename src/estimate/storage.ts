import type { Cluster } from "../cluster/cluster.ts";
import type { Model } from "../model/model.ts";
import type { Memory } from "./estimate.ts";

/** GB/s that a machine surely reads or writes on storage that many share: on the slow side of what clusters are built with. */
export const pace = 0.5;

/** Bytes of a model's checkpoint, and the seconds that a machine may take to read them. */
export function loadingTime({ totals, dtype }: Pick<Model, "totals" | "dtype">): { size: number; seconds: number } {
  const size = totals.whole * (dtype === "float32" ? 4 : 2);
  return { size, seconds: Math.ceil(size / 1e9 / pace) };
}

/** A step, the signal's way to all ranks, and what is written beside the states. */
const besides = 120;

/** Nobody is saved by less, and nothing is lost by more: who has saved ends by itself. */
const least = 300;

interface Run {
  readonly memory: Memory;
  readonly cluster: Pick<Cluster, "gpus_per_node">;
}

/** Bytes that the ranks of one node save: parameters and optimizer states. */
export function savedBytes({ memory, cluster }: Run): number {
  return cluster.gpus_per_node * (memory.parameters + memory.optimizer);
}

/** Seconds from a signal to the end of the save. */
export function saveSeconds(run: Run): number {
  return Math.ceil(besides + savedBytes(run) / 1e9 / pace);
}

/** Seconds before its end at which a job is best told to save: whole minutes. */
export function noticeSeconds(run: Run): number {
  return Math.max(least, 60 * Math.ceil(saveSeconds(run) / 60));
}
