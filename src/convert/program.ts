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
  /** Whether layers among `layers` may hold no experts: the config.json does not tell which do. */
  readonly allowsDenseLayers: boolean;
  /** Last parts of names that stand among the experts without being one. */
  readonly beside: readonly string[];
  /** Keys that the target's config.json gets where it has them not. */
  readonly config: Readonly<Record<string, number>>;
}
