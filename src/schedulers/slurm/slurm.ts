import type { Slurm } from "../../plan/scheduling.ts";
import type { Scheduler } from "../scheduler.ts";
import { jobFile } from "./job.ts";
import { prepareFile } from "./prepare.ts";
import { submission } from "./submission.ts";

/** `job.slurm`, and before it `prepare.slurm` on a node without GPUs where there is something to prepare. */
export const slurm: Scheduler<Slurm> = {
  files: (job, section) => [jobFile(job, section), ...prepareFile(job, section)],
  purposes: {
    "job.slurm": "the job for sbatch: looks at the nodes, trains, saves before the time limit and queues itself again",
    "prepare.slurm": "what one node without GPUs does before it",
  },
  submission,
};
