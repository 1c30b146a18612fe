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
   * The network between machines, where NCCL needs more than itself for it. Omitted: InfiniBand, RoCE or Ethernet, which NCCL finds.
   * @example "efa"
   */
  readonly fabric?: FabricName;
  /**
   * The provider's own script with variables for its network, sourced after those of `fabric` and before `env`; a path on the
   * cluster. Omitted: none.
   * @pattern ^/[^\x00-\x1f\x7f]*$
   * @maxLength 4096
   * @example "/etc/nccl/env.sh"
   */
  readonly fabric_env?: string;
  /**
   * Environment variables of the job. Numbers other than whole ones go in quotes, so that they arrive as written.
   * @integer
   * @keys ^[A-Za-z_][A-Za-z0-9_]*$
   * @default {}
   * @example { "NCCL_DEBUG": "WARN" }
   */
  readonly env?: Readonly<Record<string, string | number>>;
}

/**
 * A network for which NCCL needs a plugin, and the plugin its variables.
 * @value efa AWS: libfabric's provider `efa`, for the plugin that is installed with it
 * @value gib Google Cloud with RDMA: the script of the gIB plugin
 * @value slingshot HPE: the libfabric plugin, and what keeps it from hanging
 */
export type FabricName = "efa" | "gib" | "slingshot";

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
