import type { Skypilot } from "../../plan/scheduling.ts";
import type { Scheduler } from "../scheduler.ts";
import { submission } from "./submission.ts";
import { taskFile } from "./task.ts";

/** `task.sky.yaml`: the machines to rent, what to install there, and launch.sh on each. */
export const skypilot: Scheduler<Skypilot> = {
  files: (job, section) => [taskFile(job, section)],
  purposes: { "task.sky.yaml": "the task for SkyPilot: the machines, what is installed there, launch.sh on each" },
  submission,
};
