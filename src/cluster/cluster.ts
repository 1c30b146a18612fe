/** A GPU type. `memory` is what the driver reports as total, in bytes. */
export interface Gpu {
  readonly name: string;
  /** Bytes of device memory. */
  readonly memory: number;
  /** What `torch.cuda.get_device_name` contains, for the preflight; undefined when not known. */
  readonly deviceName: string | undefined;
  /** FLOP/s of its matrix units in bfloat16 without sparsity, for the share of it that training reaches. */
  readonly peakFlops: number | undefined;
}

export interface Cluster {
  readonly gpu: Gpu;
  readonly nodes: number;
  readonly gpus_per_node: number;
  readonly world_size: number;
}
