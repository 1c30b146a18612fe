/** A GPU type. `memory` is what the driver reports as total, in bytes. */
export interface Gpu {
  readonly name: string;
  /** Bytes of device memory. */
  readonly memory: number;
  /** What `torch.cuda.get_device_name` says after the maker's name, for the preflight; undefined when not known. */
  readonly deviceName: string | undefined;
  /** CUDA compute capability: 8 Ampere, 9 Hopper, 10 and 12 Blackwell. */
  readonly capability: number | undefined;
  /** FLOP/s of its matrix units in bfloat16 without sparsity, for the share of it that training reaches. */
  readonly peakFlops: number | undefined;
  /** Undefined when not known. */
  readonly links: Links | undefined;
}

/** What carries a GPU's bytes to other GPUs, in GB/s (10^9 bytes) one way, as the vendor gives it. */
export interface Links {
  /** Null for a type that has none, or has it only with a bridge that is sold apart. */
  readonly nvlink: NvLink | null;
  readonly pcie: number;
  /** A GPU's share of the network between machines in the vendor's own design; null where there is none. */
  readonly network: number | null;
}

export interface NvLink {
  readonly rate: number;
  /** How many neighbours it joins, the GPU itself among them; null for all of a machine. */
  readonly gpus: number | null;
  /** Whether they are the GPUs of a rack, in several machines. A bridge ends with its machine. */
  readonly rack?: true;
}

export interface Cluster {
  readonly gpu: Gpu;
  readonly nodes: number;
  readonly gpus_per_node: number;
  readonly world_size: number;
}
