import type { PodSection } from "./pod.ts";

/** Kubeflow Trainer, with a TrainJob. */
export interface TrainJobSection extends PodSection {
  /**
   * The scheduler.
   * @example "trainjob"
   */
  readonly kind: "trainjob";
  /**
   * The release of Kubeflow Trainer in the cluster. In quotes: YAML reads `2.3` as a number.
   * @default "2.3"
   * @example "2.3"
   */
  readonly trainer?: "2.2" | "2.3";
  /**
   * The ClusterTrainingRuntime that the job builds on. Not with `requeue`.
   * @pattern ^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$
   * @default "torch-distributed"
   * @example "torch-distributed"
   */
  readonly runtimeRef?: string;
  /**
   * Whether pods that fail, or were told to stop, start again: with a TrainingRuntime of the job's own.
   * @default false
   * @example true
   */
  readonly requeue?: boolean;
  /**
   * How often the pod of one node may fail before the job does, with `requeue`.
   * @integer
   * @minimum 0
   * @maximum 1000
   * @default 3
   * @example 3
   */
  readonly backoffLimitPerIndex?: number;
}
