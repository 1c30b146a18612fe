import { type ExpertSizes, expertsIn } from "../model/storage.ts";
import type { Compared } from "./dense.ts";
import { hasShape, type StoredLayer } from "./layout.ts";
import { shapeOf } from "./shapes.ts";
import type { Table } from "./table.ts";

/** A size that a config.json gives a tensor, and the one that it has. */
export interface WrongDim {
  readonly key: string;
  readonly actual: number;
}

/** Everything in which a checkpoint and a config.json differ, as numbers: small enough to be counted out again and again. */
export interface Defects {
  /** Kind and name of a mistake → how many tensors have it. */
  readonly counts: ReadonlyMap<string, number>;
  readonly dims: readonly WrongDim[];
}

export interface Experts {
  readonly layers: readonly StoredLayer[];
  readonly sizes: ExpertSizes;
}

/** Counts what differs beside the experts and in each of their sets. */
export function defectsOf(dense: Compared, sets: readonly Experts[]): Defects {
  const counts = new Map<string, number>();
  const dims: WrongDim[] = [];
  const add = (key: string, number = 1) => number > 0 && counts.set(key, (counts.get(key) ?? 0) + number);
  const wrong = (name: string, shape: readonly number[], wanted: readonly number[]) => {
    if (shape.length !== wanted.length) return add(`rank ${name}`);
    shape.forEach((actual, dim) => {
      if (actual === wanted[dim]) return;
      add(`dim ${name} ${dim}`);
      if (counts.get(`dim ${name} ${dim}`) === 1) dims.push({ key: `${name} ${dim}`, actual });
    });
    return true;
  };
  for (const { row, layers } of dense.missing) add(`missing ${row.name}`, Math.max(1, layers.length));
  for (const { each, row } of dense.misshapen) wrong(row.name, each.tensor.shape, row.parameter.shape);
  for (const { pattern } of dense.unread) add(`unread ${pattern}`);
  for (const [index, { layers, sizes }] of sets.entries()) {
    const expected = new Set(sizes.layers);
    const held = new Set(layers.map(({ layer }) => layer));
    add(`layers ${index}`, [...expected].filter((layer) => !held.has(layer)).length);
    for (const { layer, slots } of layers) {
      if (!expected.has(layer)) add(`dense ${index}`);
      for (const { slot, tensors } of slots) {
        const experts = slot.isPerExpert ? expertsIn(slot.memory, sizes) : 1;
        add(
          `missing ${slot.name}`,
          experts - new Set(tensors.map(({ expert }) => expert).filter((n) => n < experts)).size,
        );
        for (const { tensor, expert } of tensors) {
          if (expert >= experts) add(`surplus ${slot.name}`);
          else if (!hasShape(tensor.shape, slot, sizes)) {
            wrong(slot.name, tensor.shape, shapeOf(slot.layout, slot.memory, slot.part, sizes) ?? []);
          }
        }
      }
    }
  }
  return { counts, dims };
}

/** Size of every dim that a config.json decides, by the keys of `WrongDim`. */
export function wantedDims(table: Table, sets: readonly Experts[]): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  const note = (name: string, shape: readonly number[]) => {
    for (const [dim, size] of shape.entries()) wanted.set(`${name} ${dim}`, size);
  };
  for (const { name, parameter } of table.rows) note(name, parameter.shape);
  for (const { layers, sizes } of sets) {
    for (const { slot } of layers[0]?.slots ?? []) {
      note(slot.name, shapeOf(slot.layout, slot.memory, slot.part, sizes) ?? []);
    }
  }
  return wanted;
}
