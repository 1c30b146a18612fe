import type { StoredExperts } from "../model/record.ts";
import { type ExpertSizes, type ExpertStorage, expertsIn } from "../model/storage.ts";
import type { LayoutName } from "../plan/types.ts";
import type { Piece, Place } from "./program.ts";
import { type Scales, scaleShape } from "./quantized.ts";

/** The layouts that are permutations of each other's contiguous byte ranges. */
const byteLayouts: ReadonlySet<LayoutName> = new Set(["per_expert", "fused", "gate_up"]);

/** Why a layout is none of them. */
const others: Readonly<Partial<Record<LayoutName, string>>> = {
  gate_up_transposed: "its matrices would have to be transposed",
  gate_up_interleaved: "its gate and up columns alternate, and would have to be parted number by number",
  mxfp4: "its 4-bit blocks would have to be dequantised",
};

/** What came of lowering: the pieces, or why bytes alone cannot do it, as the end of a sentence. */
export type Lowered = { readonly pieces: readonly Piece[] } | { readonly why: string };

/**
 * One set of experts, lowered to what each contributes on both sides. `scales`: of a checkpoint in blocks of fp8, whose
 * scales move with the weights.
 */
export function lowerExperts(
  { layouts }: ExpertStorage,
  sizes: ExpertSizes,
  from: LayoutName,
  to: LayoutName,
  scales?: Scales,
): Lowered {
  const odd = [from, to].find((layout) => !byteLayouts.has(layout));
  const [source, target] = [layouts[from], layouts[to]];
  if (odd !== undefined) return { why: others[odd] ?? "it is no copy of bytes" };
  if (source === undefined || target === undefined) return { why: "the family is not stored so" };
  const pieces: Piece[] = [];
  const { width, hidden, layers } = sizes;
  for (const memory of Object.keys(source)) {
    const experts = expertsIn(memory, sizes);
    const [sources, targets] = [placesOf(memory, source), placesOf(memory, target)];
    for (const piece of new Set([...sources.keys(), ...targets.keys()])) {
      const [at, becomes] = [sources.get(piece), targets.get(piece)];
      if (at === undefined || becomes === undefined) return { why: "the family is not stored so" };
      const shape = piece === "down" ? [hidden, width] : [width, hidden];
      pieces.push({ piece, shape, source: at, target: becomes, experts, layers });
      if (scales === undefined) continue;
      const joined = Math.max(at.parts, becomes.parts) > 1;
      if (joined && width % scales.block[0] !== 0) {
        return { why: `experts of ${width} rows do not end with a block of ${scales.block[0]} scaled rows` };
      }
      pieces.push({
        piece: `${piece}_scales`,
        shape: scaleShape(shape, scales),
        source: { ...at, name: scales.name(at.name) },
        target: { ...becomes, name: scales.name(becomes.name) },
        experts,
        layers,
      });
    }
  }
  return { pieces: [...pieces].sort((a, b) => Number(isScales(a)) - Number(isScales(b))) };
}

function isScales({ piece }: Piece): boolean {
  return piece.endsWith("_scales");
}

/** The pieces that a parameter of the model consists of, and where a layout keeps them. */
function placesOf(memory: string, layout: StoredExperts): ReadonlyMap<string, Place> {
  const [first, second] = layout[memory] ?? [];
  const name = memory.replace(/_proj$/, "");
  if (first === undefined) return new Map();
  if (name !== "gate_up") return new Map([[name, { name: first, part: 0, parts: 1 }]]);
  if (second === undefined) {
    return new Map([
      ["gate", { name: first, part: 0, parts: 2 }],
      ["up", { name: first, part: 1, parts: 2 }],
    ]);
  }
  return new Map([
    ["gate", { name: first, part: 0, parts: 1 }],
    ["up", { name: second, part: 0, parts: 1 }],
  ]);
}
