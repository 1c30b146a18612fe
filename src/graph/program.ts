/**
 * The lowered program of a plan, as two graphs. A node stands for a pattern, never for one tensor or one rank, so a
 * graph has the same few dozen nodes for a toy and for 10^12 parameters on 4,096 ranks.
 */
import type { Graph } from "@dagrejs/graphlib";

export interface TensorNode {
  /** A tensor of the checkpoint, what becomes of it while it is read, or a rank's share of a parameter. */
  readonly kind: "stored" | "move" | "parameter";
  /** The name with `{layer}` and `{expert}` open; of a move what it does. */
  readonly label: string;
  /** Of a parameter: its shape in whole and on the rank that holds the most. */
  readonly shape?: readonly number[];
  readonly local_shape?: readonly number[];
  /** Mesh axis → "Shard(dim)". */
  readonly placement?: Readonly<Record<string, string>>;
}

export interface StepNode {
  readonly kind: "step";
  /** What the step does, for people. */
  readonly label: string;
  /** The program of the bundle that does it. */
  readonly program: string;
  /**
   * Whether one process of the job runs it, one a node, one a node with all the others at once (`nodes`), or one a rank; `hand`:
   * one that is started when it is wanted.
   */
  readonly processes: "job" | "node" | "nodes" | "rank" | "hand";
  /** The variable by which a user leaves this step alone out. */
  readonly skip?: string;
}

export type Node = TensorNode | StepNode;

export interface Program {
  /** Stored → moved → sharded. */
  readonly tensors: Graph<undefined, TensorNode, undefined>;
  /** What a job does, in order. */
  readonly steps: Graph<undefined, StepNode, undefined>;
}
