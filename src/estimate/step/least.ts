import type { LayerKind } from "../layer-pieces.ts";
import { output, type Piece } from "../program.ts";
import type { Unit } from "./fsdp.ts";
import type { Step } from "./step.ts";

/**
 * Bytes that a step holds at least when its last backward pass begins, without playing it: what stays, gradients of the micro-batches
 * before, and what layers keep. For who has many steps to tell apart, of which most are far too large.
 */
export function leastBytes(step: Step): number {
  const { parameters, optimizer, adapters, pieces, experts, attention, workspaces } = step;
  const layers = pieces.kinds.reduce((sum, kind) => sum + keptBytes(kind, experts), 0);
  const count = pieces.kinds.reduce((sum, kind) => sum + kind.count, 0);
  const scores = attention.masks + attention.kept * Math.max(0, count - 1);
  return parameters + optimizer + workspaces + (adapters?.kept ?? 0) + accumulatedBytes(step) + scores + layers;
}

/** What layers of a kind keep, but for one of them. An output goes when the next layer has it, unless it is kept as that one's input. */
function keptBytes({ piece, keepsInput, count }: LayerKind, experts: Piece): number {
  const own = afterForward(piece, keepsInput);
  return (count - 1) * (own + (piece.forward.includes("experts") ? afterForward(experts, keepsInput) : 0));
}

function afterForward({ tensors, forward }: Piece, keepsInput: boolean): number {
  const held = new Set<number>();
  for (const event of forward) {
    if (event === "experts") continue;
    if (event >= 0) held.add(event);
    else held.delete(~event);
  }
  let bytes = 0;
  for (const index of held) {
    const tensor = tensors[index];
    if (tensor !== undefined && (keepsInput || tensor.name !== output)) bytes += tensor.bytes;
  }
  return bytes;
}

/** Of several micro-batches those before the last leave gradients behind: whole ones, or shares where replicas sum them at the end. */
function accumulatedBytes({ batches, adapters, units, pieces, formats }: Step): number {
  if (batches === 1 || adapters !== null || !units.isSharded) return 0;
  const of = ({ whole, share, replicas }: Unit) => (whole === 0 ? 0 : replicas === 1 ? whole : share) * formats.reduce;
  let bytes = of(units.embedding) + of(units.head) + of(units.root);
  for (const { runs } of pieces.kinds) {
    for (const [first, last] of runs) {
      const { dense, experts } = units.layer(first);
      bytes += (last - first + 1) * (of(dense) + of(experts));
    }
  }
  return bytes;
}
