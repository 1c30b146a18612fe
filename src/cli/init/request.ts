/** What `planc init` was asked for. */
export interface Request {
  /** config.json or the folder that has one, relative to where the plan will lie. */
  readonly config: string;
  readonly name: string;
  readonly checkpoint: string;
  readonly dataset: string;
  readonly maxLength: number;
  readonly gpu: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
}

/** A mesh to try. */
export interface Sizes {
  readonly ep_size: number;
  readonly fsdp_size: number;
  readonly dp_replicate_size: number;
}
