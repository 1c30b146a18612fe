import type { BatchOptions } from "../estimate/batch.ts";

/** What the trainer makes of the rows: what estimates and the engine's rules have to know of its options. */
export interface Rows extends BatchOptions {
  /** The option that puts several documents into a row and keeps them apart; undefined where none does. */
  readonly packed_by: string | undefined;
  /** Whether a row can hold padding, or documents that a mask has to keep apart. */
  readonly is_padded: boolean;
  /** Numbers that the optimizer keeps for each number of a parameter. */
  readonly optimizer_states: number;
}
