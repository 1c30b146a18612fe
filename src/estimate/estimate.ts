/** Bytes on the rank that holds the most. */
export interface Memory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  /** Logits of one micro-batch in the compute format, if they were kept whole; the trainer's fused head does not. Null where max_length is. */
  readonly logits: number | null;
}

export interface Batch {
  /** Ranks that each take their own batch: `dp_replicate_size * fsdp_size`. */
  readonly distinct_batches: number;
  /** `max_length * per_device_train_batch_size * gradient_accumulation_steps * distinct_batches`; null where max_length is null. */
  readonly tokens_per_step: number | null;
  /** Whether every step has exactly that many (wrapped packing) or at most. */
  readonly exact: boolean;
}
