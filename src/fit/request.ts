import type { LayoutName } from "../plan/types.ts";

/** What a plan is wanted for, and what was found out about the checkpoint. */
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
  /** Tokens of a sequence. */
  readonly maxLength: number;
  /** Trains adapters in place of the model. */
  readonly lora: boolean;
}

/** GPUs to train on. */
export interface Machines {
  readonly gpu: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
}

export function gpusOf({ nodes, gpusPerNode }: Machines): number {
  return nodes * gpusPerNode;
}
