import type { StepNode } from "../graph/program.ts";
import type { EmittedFile } from "../host.ts";
import type { Plan } from "../plan/plan.ts";

/** What a scheduler is to start. */
export interface Job {
  readonly plan: Pick<Plan, "name" | "cluster">;
  /** The plan's path from the bundle, null where it has none. */
  readonly place: string | null;
  /** The checkpoint that a conversion reads, and the one that it writes and the job loads. */
  readonly checkpoint: { readonly source: string; readonly output: string };
  /** In the order in which they run. */
  readonly steps: readonly StepNode[];
}

/** Writes the files that start a job, the one to call first. */
export type Scheduler = (job: Job) => readonly EmittedFile[];
