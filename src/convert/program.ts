import type { LayoutName } from "../plan/types.ts";

/**
 * Where a piece stands in a checkpoint. With `{expert}` in the name each expert has a tensor of its own, which the piece
 * fills; without, all experts share one: each adds `parts` pieces in turn, of which this is number `part`.
 */
export interface Place {
  /** `{layer}` open, and `{expert}` where each expert has its own. */
  readonly name: string;
  readonly part: number;
  readonly parts: number;
}

/** One matrix of one expert, and where it stands on either side. */
export interface Piece {
  /** "gate", "up", "down", or one of them with "_scales". */
  readonly piece: string;
  readonly shape: readonly number[];
  readonly source: Place;
  readonly target: Place;
  readonly experts: number;
  /** Indices of the layers that hold it, ascending. */
  readonly layers: readonly number[];
}

/**
 * A conversion between two layouts as moves of bytes, symbolic in layers and experts: `planc_runtime/convert` works out
 * which bytes of which file these are, and proves that each is used and written exactly once.
 */
export interface ByteProgram {
  readonly model_type: string;
  readonly from: LayoutName;
  readonly to: LayoutName;
  readonly pieces: readonly Piece[];
  /** The target's tensors in the model's order, `[name, layers]`; empty where planc has no table of the model. */
  readonly names: readonly (readonly [string, readonly number[] | null])[];
  /** Last parts of names that stand among the experts without being one. */
  readonly beside: readonly string[];
  /** Keys that the target's config.json gets where it has them not. */
  readonly config: Readonly<Record<string, number>>;
}

/** Largest file of a converted checkpoint where nothing else is said. */
export const defaultShardSize = "5GB";

const units: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** "5GB" → 5,000,000,000. The unit is decimal, as in every tool that splits checkpoints. */
export function sizeBytes(size: string): number {
  const [, number = "0", unit = ""] = /^([0-9.]+)([KMGT]B)$/.exec(size) ?? [];
  return Math.round(Number(number) * (units[unit] ?? 1));
}

/**
 * Keys that a layout's consumer reads and the engine's own config.json may lack. The fused layout is read by forks of
 * transformers 4.57, whose class of `qwen3_moe` knows `num_experts` alone, and takes 128 where it is not there; 5 saves
 * `num_local_experts`.
 */
export function keysFor(
  model_type: string,
  to: LayoutName,
  config: Readonly<Record<string, unknown>>,
  num_experts: number,
): Readonly<Record<string, number>> {
  const isLacking = to === "fused" && model_type === "qwen3_moe" && config["num_experts"] === undefined;
  return isLacking ? { num_experts } : {};
}
