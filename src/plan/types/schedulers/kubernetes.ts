import type { PodSection } from "./pod.ts";

/** Kubernetes, with an Indexed Job: a pod for each node. */
export interface KubernetesSection extends PodSection {
  /**
   * The scheduler.
   * @example "kubernetes"
   */
  readonly kind: "kubernetes";
  /**
   * How often the pod of one node may fail before the job does. Pods that were told to stop do not count.
   * @integer
   * @minimum 0
   * @maximum 1000
   * @default 3
   * @example 3
   */
  readonly backoffLimitPerIndex?: number;
}
