import type { SchedulerSection } from "./scheduler.ts";

/** The machines that the job runs on. */
export interface ClusterSection {
  /**
   * The GPU type, `<model>-<form>-<memory>`, or its figures.
   * @example "h100-sxm-80gb"
   */
  readonly gpu: string | GpuSection;
  /**
   * Number of machines.
   * @integer
   * @minimum 1
   * @maximum 65536
   * @example 1
   */
  readonly nodes: number;
  /**
   * GPUs of one machine.
   * @integer
   * @minimum 1
   * @maximum 1024
   * @example 8
   */
  readonly gpus_per_node: number;
  /**
   * Who starts the job, and that scheduler's own options by its own names.
   * @default { "kind": "local" }
   * @example { "kind": "local" }
   */
  readonly scheduler?: SchedulerSection;
  /**
   * A script to source before the job, such as a virtual environment's `activate`; a path on the cluster. Omitted: none.
   * @minLength 1
   * @maxLength 4096
   * @example "/opt/venv/bin/activate"
   */
  readonly activate?: string;
  /**
   * Environment variables of the job. Numbers other than whole ones go in quotes, so that they arrive as written.
   * @integer
   * @keys ^[A-Za-z_][A-Za-z0-9_]*$
   * @default {}
   * @example { "NCCL_DEBUG": "WARN" }
   */
  readonly env?: Readonly<Record<string, string | number>>;
}

/** The figures of a GPU that planc has no record of. */
export interface GpuSection {
  /**
   * A name for messages and for the preflight's comparison.
   * @minLength 1
   * @maxLength 64
   * @example "h20-sxm-96gb"
   */
  readonly name: string;
  /**
   * Memory of one GPU in GB (10^9 bytes), as the vendor gives it.
   * @minimum 1
   * @maximum 4096
   * @example 96
   */
  readonly memory_gb: number;
}
