import type { FloatName, LayoutName } from "../../plan/types.ts";

/** What `planc init` was asked for, and found out about the checkpoint. */
export interface Request {
  /** config.json or the folder that has one, relative to where the plan will lie. */
  readonly config: string;
  readonly name: string;
  readonly checkpoint: string;
  /** The commit of a Hub checkpoint. */
  readonly revision?: string;
  /** How the checkpoint here stores its experts; left out where none lies here. */
  readonly layout?: LayoutName;
  readonly dataset: string;
  readonly maxLength: number;
  readonly gpu: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
  /** Trains adapters in place of the model. */
  readonly lora: boolean;
}

/** A way to share the model among ranks, to be tried. */
export interface Sizes {
  readonly ep_size: number;
  readonly fsdp_size: number;
  readonly dp_replicate_size: number;
  /** The parameters' format; float32 where it is left out. */
  readonly parameters?: FloatName;
}
