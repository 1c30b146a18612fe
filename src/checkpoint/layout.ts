import type { ExpertSizes } from "../model/storage.ts";
import type { LayoutName } from "../plan/types.ts";
import { shapeOf } from "./shapes.ts";
import type { Slot } from "./slots.ts";
import type { ExpertSet, ExpertTensor } from "./sort.ts";
import type { StoredTensor } from "./tensors.ts";

/** A layer and how it stores its experts. */
export interface StoredLayer {
  readonly layer: number;
  readonly layout: LayoutName;
  /** The slots of that layout with what they hold. */
  readonly slots: readonly { readonly slot: Slot; readonly tensors: readonly ExpertTensor[] }[];
  /** A tensor that belongs to another layout than that. */
  readonly stray?: { readonly layout: LayoutName; readonly tensor: StoredTensor };
}

/** How each layer that holds experts stores them, in the order of the layers. */
export function layersOf(set: ExpertSet, sizes: ExpertSizes, published: LayoutName): StoredLayer[] {
  const layouts = [...new Set(set.slots.map(({ layout }) => layout))];
  return [...set.layers]
    .sort(([a], [b]) => a - b)
    .map(([layer, patterns]) => {
      const slotsIn = (layout: LayoutName) =>
        set.slots
          .filter((slot) => slot.layout === layout)
          .map((slot) => ({ slot, tensors: patterns.get(slot.pattern) ?? [] }));
      const candidates = layouts.map((layout) => ({ layout, slots: slotsIn(layout) }));
      // Layouts share names: what is all there comes first, then what has the shapes, then what is published.
      const rank = ({ layout, slots }: (typeof candidates)[number]) => {
        const held = slots.filter(({ tensors }) => tensors.length > 0);
        const fits = held.filter(({ slot, tensors }) =>
          tensors.some(({ tensor }) => hasShape(tensor.shape, slot, sizes)),
        );
        return [held.length / slots.length, fits.length / slots.length, Number(layout === published)] as const;
      };
      const [best, ...others] = candidates
        .map((candidate) => ({ ...candidate, rank: rank(candidate) }))
        .sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || b.rank[2] - a.rank[2]);
      const { layout, slots } = best ?? { layout: published, slots: [] };
      const own = new Set(slots.map(({ slot }) => slot.pattern));
      const [stray] = others.flatMap((other) => {
        const held = other.slots.find(({ slot, tensors }) => tensors.length > 0 && !own.has(slot.pattern));
        const tensor = held?.tensors[0]?.tensor;
        return tensor === undefined ? [] : [{ layout: other.layout, tensor }];
      });
      return { layer, layout, slots, ...(stray === undefined ? {} : { stray }) };
    });
}

/** Whether a tensor has the shape that its slot asks for. */
export function hasShape(shape: readonly number[], slot: Slot, sizes: ExpertSizes): boolean {
  const wanted = shapeOf(slot.layout, slot.memory, slot.part, sizes);
  return wanted === undefined || (wanted.length === shape.length && wanted.every((dim, index) => dim === shape[index]));
}

/** The layers that are stored alike, ascending. */
export interface Run {
  readonly layout: LayoutName;
  readonly layers: readonly number[];
}

/** The layers of each layout, in the order in which they come first. */
export function runsOf(layers: readonly StoredLayer[]): Run[] {
  const runs = new Map<LayoutName, number[]>();
  for (const { layer, layout } of layers) {
    const run = runs.get(layout);
    if (run === undefined) runs.set(layout, [layer]);
    else run.push(layer);
  }
  return [...runs].map(([layout, of]) => ({ layout, layers: of }));
}
