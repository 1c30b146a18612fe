import type { MeshFacts } from "../../stack/facts.ts";
import type { Pods } from "./section.ts";

/** What a node writes in a second to storage that many pods share: on the slow side of what clusters are built with. */
export const bytesPerSecond = 500e6;

/** A step, the signal's way to all ranks, and what is written beside the states. */
const besides = 120;

/** Nobody is saved by less, and nothing is lost by it: a pod that has saved ends by itself. */
export const least = 300;

/** Bytes that the ranks of one node save: parameters and optimizer states. */
export function savedBytes({ memory, cluster }: MeshFacts): number {
  return cluster.gpus_per_node * (memory.parameters + memory.optimizer);
}

/** Seconds from a signal to the end of the save. */
export function saveSeconds(facts: MeshFacts): number {
  return Math.ceil(besides + savedBytes(facts) / bytesPerSecond);
}

/** Seconds that a pod gets between the signal and its end: the plan's, or enough for a save in whole minutes. */
export function gracePeriod(facts: MeshFacts, { terminationGracePeriodSeconds: written }: Pods): number {
  return written ?? Math.max(least, 60 * Math.ceil(saveSeconds(facts) / 60));
}
