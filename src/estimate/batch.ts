import type { Batch } from "./estimate.ts";

/** The trainer's options that decide how many tokens a step takes, defaults filled in. */
export interface BatchOptions {
  /** Null: sequences are not cut, so nothing bounds a batch. */
  readonly max_length: number | null;
  readonly per_device_train_batch_size: number;
  /** Sequences that the model gets of each of them: two of a pair. */
  readonly sequences_per_row: number;
  readonly gradient_accumulation_steps: number;
  readonly packing: boolean;
  readonly packing_strategy: string;
}

/** Sequences of one micro-batch of one rank. */
export function microBatchSequences(
  options: Pick<BatchOptions, "per_device_train_batch_size" | "sequences_per_row">,
): number {
  return options.per_device_train_batch_size * options.sequences_per_row;
}

/** Tokens of one micro-batch of one rank, at most; null where nothing bounds them. */
export function microBatchTokens(options: BatchOptions): number | null {
  return options.max_length === null ? null : options.max_length * microBatchSequences(options);
}

/**
 * Distinct batches and tokens of an optimizer step. Ranks of one tensor-parallel group share a batch. Wrapped packing
 * fills every sequence to `max_length`; any other way of making batches leaves some of it empty.
 */
export function estimateBatch(options: BatchOptions, distinctBatches: number): Batch {
  const tokens = microBatchTokens(options);
  return {
    distinct_batches: distinctBatches,
    tokens_per_step: tokens === null ? null : tokens * options.gradient_accumulation_steps * distinctBatches,
    exact: tokens !== null && options.packing && options.packing_strategy === "wrapped",
  };
}
