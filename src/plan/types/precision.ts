/**
 * What of a layer is computed a second time in the backward pass instead of being kept.
 * @value full the whole layer: least memory, a third more work
 * @value attention attention only: what the experts computed and what was exchanged for them is kept
 * @value experts the experts' matrix products only: what was exchanged for them is kept, and attention
 * @value none nothing: most memory
 */
export type RecomputeName = "full" | "attention" | "experts" | "none";

/**
 * A number format.
 * @value float32 4 bytes
 * @value bfloat16 2 bytes, with the range of float32 and 8 bits of precision
 */
export type FloatName = "float32" | "bfloat16";

/** The number formats that training uses. */
export interface PrecisionSection {
  /**
   * What the optimizer updates.
   * @default "float32"
   * @example "float32"
   */
  readonly parameters?: FloatName;
  /**
   * What matrix products are computed in.
   * @default "bfloat16"
   * @example "bfloat16"
   */
  readonly compute?: FloatName;
  /**
   * What gradients are summed in across ranks.
   * @default "float32"
   * @example "float32"
   */
  readonly reduce?: FloatName;
}
