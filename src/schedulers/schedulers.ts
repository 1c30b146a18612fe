import type { Plan } from "../plan/plan.ts";
import { local } from "./local.ts";
import type { Scheduler } from "./scheduler.ts";

/** By the plan's `cluster.scheduler`. */
export const schedulers: Readonly<Record<Plan["cluster"]["scheduler"], Scheduler>> = { local };
