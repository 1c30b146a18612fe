/** What the bytes of a step are, in the order in which a picture stacks them: what stays first. */
export const categories = [
  /** The rank's share of the parameters, and adapters. */
  "parameters",
  /** States of the optimizer. */
  "optimizer",
  /** Gradients that wait for the optimizer, and those that micro-batches leave behind. */
  "gradients",
  /** Parameters that FSDP has gathered, or gathers. */
  "gathered",
  /** Gradients of whole units, and what reduces them. */
  "unreduced",
  /** What layers keep for their backward passes. */
  "activations",
  /** Tokens on their way to experts and back, and what experts make of them. */
  "experts",
  /** The loss head. */
  "head",
  /** What one layer computes with, and cuBLAS' workspaces. */
  "work",
] as const;

export type Category = (typeof categories)[number];
