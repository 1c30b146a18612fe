import type { LayerKind, LayerPieces } from "../layer-pieces.ts";

/** Layers of one kind that are played alike; of a long run its ends stand for all. */
export interface Stretch {
  readonly kind: LayerKind;
  readonly first: number;
  /** How many layers it stands for; above 1 only for those in the middle of a run. */
  readonly count: number;
}

/**
 * Layers in their order; of a run of one kind all but the two at each end together. What a step holds goes up or down with each
 * of a run, so that it is fullest at an end; and a layer's neighbour is gathered while it computes, so that an end is two layers.
 */
export function stretchesOf({ kinds }: LayerPieces): Stretch[] {
  const stretches = kinds.flatMap((kind) =>
    kind.runs.flatMap(([first, last]) => {
      const firsts = [first, first + 1].filter((layer) => layer <= last);
      const lasts = [last - 1, last].filter((layer) => layer > first + 1);
      const middle = last - first + 1 - firsts.length - lasts.length;
      return [
        ...firsts.map((layer) => ({ kind, first: layer, count: 1 })),
        ...(middle > 0 ? [{ kind, first: first + 2, count: middle }] : []),
        ...lasts.map((layer) => ({ kind, first: layer, count: 1 })),
      ];
    }),
  );
  return stretches.sort((a, b) => a.first - b.first);
}
