import type { LocalSection } from "./schedulers/local.ts";
import type { SlurmSection } from "./schedulers/slurm.ts";

/**
 * Who starts the job.
 * @value local `launch.sh` starts torchrun on this machine, or on each of several by hand
 * @value slurm `job.slurm` for `sbatch`
 */
export type SchedulerSection = LocalSection | SlurmSection;
