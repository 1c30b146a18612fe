import type { Scheduling } from "../plan/scheduling.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import { local } from "./local.ts";
import type { Scheduler } from "./scheduler.ts";
import { skypilot } from "./skypilot/skypilot.ts";
import { slurm } from "./slurm/slurm.ts";
import { trainjob } from "./trainjob/trainjob.ts";

type Kind = Scheduling["kind"];

/** By the plan's `cluster.scheduler.kind`. */
export const schedulers: { readonly [K in Kind]: Scheduler<Extract<Scheduling, { readonly kind: K }>> } = {
  local,
  skypilot,
  slurm,
  kubernetes,
  trainjob,
};

/** The scheduler of a section. It takes that section and no other kind's. */
export function schedulerOf({ kind }: { readonly kind: Kind }): Scheduler {
  return schedulers[kind] as Scheduler;
}
