import type { Storage } from "../model/storage.ts";
import type { Named } from "./names.ts";
import { type Slot, slotsOf } from "./slots.ts";
import type { StoredTensor } from "./tensors.ts";

/** An expert tensor, or a stack of them. */
export interface ExpertTensor {
  readonly tensor: StoredTensor;
  /** Name of the file that holds it. */
  readonly file: string;
  /** 0 of a stack. */
  readonly expert: number;
}

/** The expert tensors of one set of experts: layer → pattern → tensors. */
export type Layers = ReadonlyMap<number, ReadonlyMap<string, readonly ExpertTensor[]>>;

export interface ExpertSet {
  readonly slots: readonly Slot[];
  readonly layers: Layers;
}

/** Tensors with one pattern of name that are no experts. */
export interface Part {
  readonly pattern: string;
  readonly tensors: number;
  /** Together. */
  readonly bytes: number;
}

/** The tensors of a checkpoint by what they are. */
export interface Sorted {
  /** In the order of the storage's own sets. */
  readonly experts: readonly ExpertSet[];
  /** Scales that stand beside quantised experts. */
  readonly scales: readonly Part[];
  /** Layers behind the model's own: heads that predict further tokens. */
  readonly extra: readonly Part[];
  /** Everything else. */
  readonly others: readonly Part[];
  /** The tensors of `extra` and of `others`, one by one. */
  readonly behind: readonly Named[];
  readonly beside: readonly Named[];
}

const scaleSuffix = "_scale_inv";

/** Sorts the tensors of a checkpoint by their names alone. `count`: of the model's layers; more are extra. */
export function sortTensors(names: readonly Named[], storage: Storage | undefined, count: number | undefined): Sorted {
  const sets = (storage?.experts ?? []).map((experts) => ({
    slots: slotsOf(experts),
    layers: new Map<number, Map<string, ExpertTensor[]>>(),
  }));
  const known = new Map(sets.flatMap((set) => set.slots.map((slot) => [slot.pattern, { slot, set }] as const)));
  // What stands in front of the layer's number: the model's own layers, and those behind them.
  const stems = new Set([...known.keys()].map(stemOf));
  const [scales, extra, others] = [new Tally(), new Tally(), new Tally()];
  const [behind, beside]: [Named[], Named[]] = [[], []];
  for (const each of names) {
    const { pattern, numbers, tensor, file } = each;
    const [layer = 0] = numbers;
    const hit = known.get(pattern);
    if (count !== undefined && layer >= count && stems.has(stemOf(pattern))) {
      extra.add(pattern, tensor);
      behind.push(each);
    } else if (hit !== undefined) {
      addTo(hit.set.layers, layer, pattern, { tensor, file, expert: numberOf(hit.slot, numbers) });
    } else if (pattern.endsWith(scaleSuffix) && known.has(pattern.slice(0, -scaleSuffix.length))) {
      scales.add(pattern, tensor);
    } else {
      others.add(pattern, tensor);
      beside.push(each);
    }
  }
  return { experts: sets, scales: scales.parts(), extra: extra.parts(), others: others.parts(), behind, beside };
}

function stemOf(pattern: string): string {
  return pattern.slice(0, Math.max(0, pattern.indexOf("*")));
}

function numberOf({ isPerExpert }: Slot, numbers: readonly number[]): number {
  return isPerExpert ? (numbers[1] ?? 0) : 0;
}

function addTo(
  layers: Map<number, Map<string, ExpertTensor[]>>,
  layer: number,
  pattern: string,
  found: ExpertTensor,
): void {
  const patterns = layers.get(layer) ?? new Map<string, ExpertTensor[]>();
  const tensors = patterns.get(pattern);
  if (tensors === undefined) patterns.set(pattern, [found]);
  else tensors.push(found);
  layers.set(layer, patterns);
}

class Tally {
  private readonly found = new Map<string, { pattern: string; tensors: number; bytes: number }>();

  add(pattern: string, { begin, end }: StoredTensor): void {
    const part = this.found.get(pattern) ?? { pattern, tensors: 0, bytes: 0 };
    part.tensors++;
    part.bytes += end - begin;
    this.found.set(pattern, part);
  }

  parts(): Part[] {
    return [...this.found.values()];
  }
}
