import type { Plan } from "../plan/plan.ts";
import type { LowRankPair } from "./operations.ts";

/** Adapters that are trained in place of the model, with the bytes of their gradients on a rank. */
export interface AdaptersSize {
  readonly gradients: number;
  readonly pairs: readonly LowRankPair[];
}

interface Computation {
  /** Tokens of a micro-batch. */
  readonly tokens: number;
  /** Rows that a rank's experts compute. */
  readonly rows: number;
  /** Bytes of a number. */
  readonly compute: number;
  readonly recompute: Plan["recompute"];
}

/**
 * What adapters keep for the backward pass, and what is there while one of them computes: bounds from above. A linear layer's adapter
 * keeps its input in the compute format and the product of rank r, and has the input in float32 and both outputs beside each other
 * on the way. One of experts has the layer's rows already: it keeps the product of rank r.
 */
export function adapterTensors(
  { pairs }: AdaptersSize,
  { tokens, rows, compute, recompute }: Computation,
): { readonly kept: number; readonly passing: number } {
  const byLayer = new Map<number, number>();
  let passing = 0;
  for (const { layers, r, experts, in_features, out_features } of pairs) {
    const count = experts === null ? tokens : rows;
    const kept = count * compute * (experts === null ? in_features + r : r);
    const wide = experts === null ? 4 * in_features : 0;
    passing = Math.max(passing, count * (wide + 2 * compute * out_features));
    for (const layer of layers ?? []) byLayer.set(layer, (byLayer.get(layer) ?? 0) + kept);
  }
  const each = [...byLayer.values()];
  // Of layers that are computed again only the one at work keeps anything.
  const kept = recompute === "full" ? Math.max(0, ...each) : each.reduce((sum, bytes) => sum + bytes, 0);
  return { kept, passing };
}

/** Bytes of the gradients of a layer's adapters on a rank, by layer; what no layer has is none's. */
export function adapterGradients({ gradients, pairs }: AdaptersSize): ReadonlyMap<number, number> {
  const numbers = new Map<number, number>();
  let total = 0;
  for (const { layers, r, experts, in_features, out_features } of pairs) {
    const each = (experts ?? 1) * r * (in_features + out_features);
    total += each * (layers?.length ?? 1);
    for (const layer of layers ?? []) numbers.set(layer, (numbers.get(layer) ?? 0) + each);
  }
  return new Map([...numbers].map(([layer, count]) => [layer, (gradients * count) / total]));
}
