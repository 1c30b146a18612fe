/**
 * What a piece of a step allocates and frees, in the order in which it does. Cost does not depend on sizes: a tensor is a
 * number of bytes. The step knows some of them by their names, which the recorded operations of the families use too.
 */

/** A tensor, or several of one name that come and go together. */
export interface Tensor {
  /** The module that makes it, and what it is: `self_attn.q_proj: output`. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * An event: `n` allocates `tensors[n]`, `~n` frees it. `"experts"` is where another piece runs: the experts with their dispatch.
 */
export type Event = number | "experts";

/** A piece of the model in one micro-batch. What forward leaves allocated is kept for backward, which frees it. */
export interface Piece {
  readonly tensors: readonly Tensor[];
  readonly forward: readonly Event[];
  readonly backward: readonly Event[];
}

/** The output of a layer or of what runs around the layers, which goes when the next has no more need of it. */
export const output = "output";

/** The gradient that a piece of the experts begins its backward with. */
export const outputGradient = "gradient of the output";

/** The gradient of the rows that a product multiplied, right before which that of its weight comes. */
export const rowsGradient = (product: string) => `${rowsGradientOf}${product}`;

export const isRowsGradient = (name: string) => name.startsWith(rowsGradientOf);

const rowsGradientOf = "gradient of the rows, ";
