import type { Place } from "./step/curve.ts";

/** Bytes on the rank that holds the most. */
export interface Memory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  /** The model once more, frozen, that a trained one is compared with; 0 where none is held. */
  readonly reference: number;
  /** Logits of one micro-batch in the compute format, if they were kept whole; the trainer's fused head does not. Null where max_length is. */
  readonly logits: number | null;
  /** Scores and masks of attention for one micro-batch. Null where max_length is. */
  readonly attention: AttentionMemory | null;
  /** The fullest moment of a step with balanced routing; null where nothing bounds a micro-batch, or where the operations of the model or of the task are not known. */
  readonly peak: Peak | null;
  /** The same where the fullest rank gets `parallelism.rank_load` times its share of the assignments; null where the plan does not say. */
  readonly observed: Held | null;
  /** The same where every token goes to as many experts of one rank as there are. */
  readonly worst: Held | null;
  /** What a step holds from its begin to its end, with balanced routing; null where `peak` is. */
  readonly curve: readonly Place[] | null;
  /** The same where the fullest rank gets so many times its share of the assignments. */
  readonly at: (load: number) => Held | null;
  /** Bytes that the allocator takes at least with balanced routing, found without playing a step; null as `peak` is. */
  readonly least: number | null;
  /** What a process holds of the GPU that torch's allocator does not see: the CUDA context, NCCL's buffers. */
  readonly outside: number;
}

/** What torch's allocator hands out at most, and what it takes of the GPU for it. */
export interface Held {
  readonly allocated: number;
  readonly reserved: number;
}

export interface Peak extends Held {
  /** When it is: "the backward pass". */
  readonly moment: string;
  /** The largest of what is allocated then, at most five. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
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
  /** `max_length * per_device_train_batch_size * sequences_per_row * gradient_accumulation_steps * distinct_batches`; null where max_length is null. */
  readonly tokens_per_step: number | null;
  /** Whether every step has exactly that many (wrapped packing) or at most. */
  readonly exact: boolean;
}
