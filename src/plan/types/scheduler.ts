import type { KubernetesSection } from "./schedulers/kubernetes.ts";
import type { LocalSection } from "./schedulers/local.ts";
import type { SkypilotSection } from "./schedulers/skypilot.ts";
import type { SlurmSection } from "./schedulers/slurm.ts";
import type { TrainJobSection } from "./schedulers/trainjob.ts";

/**
 * Who starts the job.
 * @value local `launch.sh` starts torchrun on this machine, or on each of several by hand
 * @value skypilot `task.sky.yaml` for `sky jobs launch`, on rented machines
 * @value slurm `job.slurm` for `sbatch`
 * @value kubernetes `job.k8s.yaml`, an Indexed Job for `kubectl`
 * @value trainjob `job.trainjob.yaml`, a TrainJob of Kubeflow Trainer for `kubectl`
 */
export type SchedulerSection = LocalSection | SkypilotSection | SlurmSection | KubernetesSection | TrainJobSection;
