/** What decides what the loss allocates. */
export interface HeadArguments {
  /** Rows of a micro-batch, and tokens of each. */
  readonly rows: number;
  readonly length: number;
  /** Labels that are scored: those that are not -100, of all but each row's first. */
  readonly labels: number;
  /** Hidden size, and tokens of the vocabulary. */
  readonly H: number;
  readonly V: number;
  /** Bytes of a number of hidden states and of the head's weight. */
  readonly size: number;
  readonly bias: boolean;
  /** Whether the config caps the logits. */
  readonly softcap: boolean;
  /** `eager` is plain torch, as on a CPU, `gpu` what runs on a GPU. */
  readonly kernels: "eager" | "gpu";
}

/** Tokens and columns of the pieces in which TRL computes logits. */
export interface Chunks {
  readonly tokens: number;
  readonly columns: number;
}
