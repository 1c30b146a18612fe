import { noticeSeconds } from "../../estimate/storage.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import type { Pods } from "./section.ts";

/** Seconds that a pod gets between the signal and its end: the plan's, or enough for a save. */
export function gracePeriod(facts: MeshFacts, { terminationGracePeriodSeconds: written }: Pods): number {
  return written ?? noticeSeconds(facts);
}
