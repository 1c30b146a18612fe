import { productSeconds } from "./compute.ts";
import { tokensOf } from "./layers.ts";
import type { Passes } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { Run } from "./run.ts";
import type { ModelWork } from "./work.ts";

/** Bytes of a logit that are read and written: by TRL's head, which makes them by pieces and once more in the backward pass, or whole. */
const logitBytes = { fused: { forward: 6, backward: 10 }, whole: { forward: 24, backward: 22 } } as const;

/** Tokens of a piece, each of which adds into the weight's gradient in float32. */
const PIECE = 4096;

/** The embedding, the last product and the loss. */
export function head(work: ModelWork, run: Run, rates: Rates): Passes {
  const { hidden_size: hidden, vocab_size: vocabulary } = work;
  const tokens = tokensOf(run);
  const product = productSeconds(rates, tokens, hidden, vocabulary);
  const isTrained = run.adapters === null;
  const bytes = logitBytes[run.makesLogits ? "whole" : "fused"];
  const logits = tokens * vocabulary;
  const sums = isTrained && !run.makesLogits ? Math.ceil(tokens / PIECE) * hidden * vocabulary * 8 : 0;
  const embedding = isTrained ? 3 * 2 * work.numbers.embedding : 0;
  const products = 1 + (isTrained ? 1 : 0) + (run.makesLogits ? 0 : 1);
  return {
    forward: product + (logits * bytes.forward) / rates.copy,
    backward: products * product + (logits * bytes.backward + sums + embedding) / rates.copy,
  };
}
