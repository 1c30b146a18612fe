/** How long matrix products and attention take on a GPU. */
import type { Rates } from "./rates.ts";

/** Seconds in which a product begins and ends: its first and last tiles do not fill the GPU. */
const ramp = 8e-6;

/** Share of a product's bytes that its operations do not hide. */
const unhidden = 0.5;

/** `[rows, k] x [k, n]`: numbers of two bytes. */
export function productSeconds(rates: Rates, rows: number, k: number, n: number): number {
  return (2 * rows * k * n) / rates.dense + bytesSeconds(rates, rows * (k + n) + k * n) + ramp;
}

/** The same of rows that are sorted by `experts` matrices. */
export function groupedSeconds(rates: Rates, rows: number, k: number, n: number, experts: number): number {
  return (2 * rows * k * n) / rates.grouped + bytesSeconds(rates, rows * (k + n) + experts * k * n) + ramp;
}

/** Of a product's seconds those of its operations alone, so that a rate that is made of them gives the seconds again. */
export function hidden(seconds: number, bytes: number, copy: number): number {
  return Math.max(seconds / 2, seconds - (unhidden * bytes) / copy - ramp);
}

function bytesSeconds({ copy }: Rates, numbers: number): number {
  return (unhidden * 2 * numbers) / copy;
}

/** Products of attention's backward pass over those of its forward pass, of a kernel that keeps no scores. */
export const backwardProducts = 2.5;

/** How much longer kernels take that see a mask: of blocks that it hides, some are computed. */
const slower: Readonly<Record<string, number>> = { flash_attention: 1, sdpa: 1, flex_attention: 1.66 };

/** Bytes that eager attention reads and writes of each score, forward and backward. */
const eagerBytes = { forward: 20, backward: 28 };

/** What computes a micro-batch's attention: `keys` is the mean that a token sees, `length` what scores are made of. */
interface AttentionCall {
  readonly kind: string;
  readonly isMasked: boolean;
  readonly tokens: number;
  readonly length: number;
  readonly keys: number;
  readonly heads: number;
  /** Operations for a token and a key, forward. */
  readonly perKey: number;
}

export function attentionSeconds(
  rates: Rates,
  call: AttentionCall,
): { readonly forward: number; readonly backward: number } {
  const { kind, isMasked, tokens, length, keys, heads, perKey } = call;
  if (kind === "eager") {
    const flops = tokens * length * perKey;
    const scores = tokens * length * heads;
    return {
      forward: flops / rates.dense + (scores * eagerBytes.forward) / rates.copy,
      backward: (2 * flops) / rates.dense + (scores * eagerBytes.backward) / rates.copy,
    };
  }
  // A mask makes sdpa compute every score.
  const seen = kind === "sdpa" && isMasked ? length : keys;
  const flops = tokens * seen * perKey * (slower[kind] ?? 1);
  return {
    forward: flops / rates.attention_forward,
    backward: (backwardProducts * flops) / rates.attention_backward,
  };
}

/** How many keys a token of a sequence sees on average. */
export function meanKeys(length: number, window: number | null): number {
  if (window === null || window >= length) return length / 2;
  return window - (window * window) / (2 * length);
}
