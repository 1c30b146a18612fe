/** Bytes on the rank that holds the most. */
export interface Memory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  /** Logits of one micro-batch in the compute format, if they were kept whole; the trainer's fused head does not. Null where max_length is. */
  readonly logits: number | null;
  /** Scores and masks of attention for one micro-batch. Null where max_length is. */
  readonly attention: AttentionMemory | null;
}

export interface AttentionMemory {
  /** What the layer at work holds at its peak, in the backward pass. */
  readonly layer: number;
  /** What the other layers keep for their backward passes; 0 where it is recomputed. */
  readonly kept: number;
  /** Masks, which all layers share. */
  readonly masks: number;
}

export interface Batch {
  /** Ranks that each take their own batch: `dp_replicate_size * fsdp_size`. */
  readonly distinct_batches: number;
  /** `max_length * per_device_train_batch_size * gradient_accumulation_steps * distinct_batches`; null where max_length is null. */
  readonly tokens_per_step: number | null;
  /** Whether every step has exactly that many (wrapped packing) or at most. */
  readonly exact: boolean;
}
