import type { Named } from "./names.ts";
import { shapeIsEqual } from "./shapes.ts";
import type { Sorted } from "./sort.ts";
import type { Row, Table } from "./table.ts";

/** A row of the table of which tensors are missing. */
export interface Gap {
  readonly row: Row;
  /** Where they are missing, ascending; empty for a tensor outside the layers. */
  readonly layers: readonly number[];
}

export interface Misshapen {
  readonly each: Named;
  readonly row: Row;
}

/** What stands beside the experts, set against the table of the model. */
export interface Compared {
  readonly missing: readonly Gap[];
  readonly misshapen: readonly Misshapen[];
  /** Tensors that are in the checkpoint but not in the model. */
  readonly unread: readonly Named[];
  /** Tensors that are in the table, with their rows. */
  readonly found: readonly Misshapen[];
}

/** Buffers that models once stored; transformers passes over them. */
const forgotten = /rotary_emb\.inv_freq/;

/**
 * @param unread Layers behind the model's own that are left out on purpose.
 */
export function compareDense({ beside, behind }: Sorted, table: Table, unread: readonly number[]): Compared {
  const found: Misshapen[] = [];
  const seen = new Map<Row, Set<number>>();
  const others: Named[] = [];
  for (const each of beside) {
    const row = table.find(each);
    if (row !== undefined) {
      found.push({ each, row });
      const layers = seen.get(row) ?? new Set<number>();
      layers.add(row.layers === undefined ? 0 : (each.numbers[0] ?? 0));
      seen.set(row, layers);
    } else if (!forgotten.test(each.tensor.name) && !isScale(each, table)) others.push(each);
  }
  const missing = table.rows.flatMap((row): Gap[] => {
    const has = seen.get(row);
    if (row.layers === undefined) return has !== undefined || isTied(row, table, seen) ? [] : [{ row, layers: [] }];
    const layers = [...row.layers].filter((layer) => has?.has(layer) !== true);
    return layers.length === 0 ? [] : [{ row, layers }];
  });
  const misshapen = found.filter(({ each, row }) => !shapeIsEqual(each.tensor.shape, row.parameter.shape));
  const left = behind.filter(
    ({ numbers, tensor }) => !unread.includes(numbers[0] ?? -1) && !forgotten.test(tensor.name),
  );
  return { missing, misshapen, unread: [...others, ...left], found };
}

/** The embedding and a head that is tied to it: either stands for both. */
function isTied({ parameter }: Row, { rows }: Table, seen: ReadonlyMap<Row, unknown>): boolean {
  if (parameter.tied !== undefined) return true;
  const head = rows.find((row) => row.parameter.tied === parameter.name);
  return head !== undefined && seen.has(head);
}

/** Scales of fp8 blocks beside a weight of the table. */
function isScale({ pattern, numbers }: Named, table: Table): boolean {
  const suffix = "_scale_inv";
  return pattern.endsWith(suffix) && table.find({ pattern: pattern.slice(0, -suffix.length), numbers }) !== undefined;
}
