/** The room that a step has to have on its GPU before nothing is said of it. */
import type { Memory } from "./estimate.ts";

/** Beyond this share of a GPU's memory, the error of what is foreseen may be what is missing. */
export const fullShare = 0.95;

/** Times its share of the assignments that the fullest rank of a run may well get, where nobody has measured it. */
export const usualLoad = 1.5;

/** What a step is to fit into. */
export interface Asked {
  /** Bytes of the GPU. */
  readonly memory: number;
  /** Assignments of the fullest rank over the mean, as they were measured; undefined where they were not. */
  readonly rank_load: number | undefined;
  /** The most that the fullest rank can get. */
  readonly most: number;
}

/** Bytes that a rank takes of its GPU where the fullest one gets as much as it was seen to get, or as it may well get. */
export function asksAt(memory: Memory, { rank_load, most }: Omit<Asked, "memory">) {
  const load = rank_load ?? Math.min(usualLoad, most);
  const held = memory.at(load);
  return { load, held: held && held.reserved + memory.outside };
}
