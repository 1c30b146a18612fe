import type { LocalSection } from "./schedulers/local.ts";
import type { SkypilotSection } from "./schedulers/skypilot.ts";
import type { SlurmSection } from "./schedulers/slurm.ts";

/**
 * Who starts the job.
 * @value local `launch.sh` starts torchrun on this machine, or on each of several by hand
 * @value skypilot `task.sky.yaml` for `sky jobs launch`, on rented machines
 * @value slurm `job.slurm` for `sbatch`
 */
export type SchedulerSection = LocalSection | SkypilotSection | SlurmSection;
