import type { Plan } from "../plan/plan.ts";
import type { AttentionMemory } from "./estimate.ts";

/** What one rank's attention works on. */
export interface AttentionSize {
  /** What computes it, by what it keeps: flash and flex attention keep neither scores nor masks. */
  readonly kind: "eager" | "sdpa" | "flash_attention" | "flex_attention";
  /** Whether eager attention takes the softmax in float32; where there are sinks it does not. */
  readonly softmaxInFloat32: boolean;
  /** Sequences of a micro-batch, as the model sees them: padding-free batches are one long sequence. */
  readonly rows: number;
  /** Tokens of one of them; null where nothing bounds it. */
  readonly length: number | null;
  /** Heads on this rank. */
  readonly heads: number;
  readonly layers: number;
  /** Distinct masks of the model: layers of full and of sliding attention have one each. */
  readonly masks: number;
  /** Whether sdpa gets a mask: sequences are padded, packed, or longer than a sliding window. */
  readonly isMasked: boolean;
  /** Whether a layer's attention is computed a second time in its backward pass. */
  readonly isRecomputed: boolean;
}

/**
 * Bytes of scores `[rows, heads, length, length]` and masks `[rows, 1, length, length]`, as torch was seen to hold them for
 * each family. Of one score, eager attention holds at its peak, in the backward pass: the probabilities, their gradient, the
 * product of the two that the softmax's backward writes on a GPU (on a CPU it does not), and the scores' gradient, all float32 (16
 * bytes), or four in the compute format with sinks. It keeps the probabilities until then: in float32, and once more in the
 * compute format where that is another. sdpa computes scores piece by piece, but turns its
 * mask of booleans into numbers in each layer.
 */
export function attentionMemory(size: AttentionSize, compute: Plan["precision"]["compute"]): AttentionMemory | null {
  const { kind, rows, length, heads, layers, masks, isMasked, isRecomputed, softmaxInFloat32 } = size;
  if (length === null) return null;
  const format = compute === "bfloat16" ? 2 : 4;
  const square = rows * length * length;
  const others = isRecomputed ? 0 : layers - 1;
  if (kind === "eager") {
    const kept = softmaxInFloat32 ? (format === 4 ? 4 : 4 + format) : format;
    const peak = 4 * (softmaxInFloat32 ? 4 : format);
    return { layer: heads * square * peak, kept: others * heads * square * kept, masks: masks * square * format };
  }
  if (kind === "sdpa" && isMasked)
    return { layer: square * format, kept: others * square * format, masks: masks * square };
  return { layer: 0, kept: 0, masks: 0 };
}
