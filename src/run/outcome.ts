/** What `planc_runtime.rehearsal` prints. */
export interface Outcome {
  /** Seconds of each stage. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly failure?: { readonly stage: string; readonly rank: number; readonly message: string; readonly log: string };
  /** Parameters of which a rank holds another shape than the lock says. */
  readonly shapes?: readonly Shape[];
  /** Different micro-batches that the ranks saw, that the one process saw, and that both did. */
  readonly batches?: Readonly<Record<"distinct" | "reference" | "common", number>>;
  /** Packed rows of several documents, and how far log-probabilities are apart in their first and in later documents. */
  readonly documents?: Readonly<Record<"rows" | "first" | "later", number>>;
  readonly steps?: readonly Step[];
  readonly models?: Models;
  /** What disagrees, in words, causes before what follows from them; empty where everything agrees. */
  readonly disagreements?: readonly string[];
}

export interface Shape {
  readonly parameter: string;
  readonly found: readonly number[];
  readonly planned: readonly number[];
}

export interface Step {
  readonly step: number;
  readonly loss: number;
  readonly reference: number;
  /** The parameter whose gradient differs most, and by how much of its norm. */
  readonly parameter: string;
  readonly difference: number;
  /** How far a preference's rewards are apart, over the largest of them. */
  readonly rewards?: number;
  /** How long that gradient is beside the reference's, where it has its direction. */
  readonly length?: number;
}

export interface Models {
  readonly keys: Readonly<Record<"missing_keys" | "unexpected_keys" | "mismatched_keys", readonly string[]>>;
  /** The parameter that differs most after the steps, by what root mean square, and how far the steps moved any value. */
  readonly parameter: string;
  readonly difference: number;
  readonly moved: number;
  /** Parameters whose gate and up halves stand in each other's place. */
  readonly swapped: readonly string[];
  /** The largest difference of logits over the largest logit. */
  readonly logits: number;
}

/** Failures of the stack whose last words do not say what causes them. */
const known: readonly { readonly says: RegExp; readonly means: string }[] = [
  { says: /matrix batch sizes have to match/, means: "one of the two grouped_gemm rules does not reach its experts" },
  { says: /Connection closed by peer/, means: "another rank ended first; its log says why" },
  {
    says: /are missing in it and would be trained from random values/,
    means: "the checkpoint is stored in another layout",
  },
];

/** What is known to cause a failure that ends with such words. */
export function causeOf(message: string): string | undefined {
  return known.find(({ says }) => says.test(message))?.means;
}
