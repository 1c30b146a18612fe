/** What decides what the experts of a layer allocate. */
import type { Kernels } from "./kernels.ts";

/**
 * What stands between both projections: `act_fn(gate) * up`, or what a module's own `_apply_gate` does: gpt_oss's, with
 * clamps of gate and up before or of the activation after, or in float32.
 */
export type Gate = "default" | "swiglu_oai" | "clamped" | "clamped_after" | "wide";

/** How a module of experts computes. */
export interface ExpertsModule {
  /** Whether the first projection gives gate and up. */
  readonly gated: boolean;
  readonly bias: boolean;
  /** Gate and up alternate column by column. */
  readonly interleaved: boolean;
  /** A norm follows each expert. */
  readonly norm: boolean;
  readonly gate: Gate;
  readonly activation: "silu" | "gelu" | "relu2";
}

/** Names as in `planc_runtime.dispatch`. */
export interface ExpertsSizes {
  /** Tokens of the rank. */
  readonly T: number;
  /** Experts of a token. */
  readonly K: number;
  /** Experts of the rank. */
  readonly E: number;
  /** Ranks that share the experts. */
  readonly G: number;
  /** Hidden size. */
  readonly H: number;
  /** The experts' intermediate size. */
  readonly I: number;
  /** Rows that the rank sends to others. */
  readonly sent: number;
  /** Rows that it receives from others. */
  readonly received: number;
  /** Assignments of a row to a local expert: what the rank computes. */
  readonly assignments: number;
}

/** Who brings tokens to experts: planc's, transformers' own two, or nobody, where all experts are on the rank. */
export type Dispatcher = "planc" | "all_to_all" | "all_reduce" | "none";

export interface ExpertsArguments {
  readonly dispatcher: Dispatcher;
  readonly module: ExpertsModule;
  readonly sizes: ExpertsSizes;
  /** Ranks of a tensor-parallel group that hold the same tokens, and share the work of bringing them to experts: each has T of them. */
  readonly shares: number;
  readonly kernels: Kernels;
  /** Bytes of a number of tokens and parameters. */
  readonly size: number;
  /** Bytes of a routing weight, as the router gives it. */
  readonly weightSize: number;
  /**
   * What the backward pass computes again: nothing; the products, which is all of the experts unless the dispatcher is planc's;
   * or the whole layer, in which the experts are the `last` to save tensors or not (the second pass ends with the last
   * tensor that the layer saves).
   */
  readonly recomputes: "nothing" | "products" | "layer" | "layer, experts last";
}
