import type { Inspected } from "../../checkpoint/inspect.ts";
import { type Run, runsOf } from "../../checkpoint/layout.ts";
import type { Part } from "../../checkpoint/sort.ts";

/** What a report says of a checkpoint, in numbers. */
export interface Figures {
  readonly tensors: number;
  /** Of all tensors together; the headers are not counted. */
  readonly bytes: number;
  /** By element format, the largest share first. */
  readonly dtypes: readonly { readonly dtype: string; readonly tensors: number; readonly bytes: number }[];
  /** By set of experts: how many experts a layer has, and which layers are stored in which layout. */
  readonly experts: readonly { readonly num_experts: number; readonly layouts: readonly Run[] }[];
  /** The tensors by what they are and how they are called, numbers as `*`, the largest first. */
  readonly parts: Readonly<Record<"experts" | "scales" | "extra" | "others", readonly Part[]>>;
}

export function figuresOf({ checkpoint, sorted, sets }: Inspected): Figures {
  const dtypes = new Map<string, { dtype: string; tensors: number; bytes: number }>();
  for (const { tensors } of checkpoint.files) {
    for (const { dtype, begin, end } of tensors) {
      const share = dtypes.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
      share.tensors++;
      share.bytes += end - begin;
      dtypes.set(dtype, share);
    }
  }
  return {
    tensors: sum([...dtypes.values()].map(({ tensors }) => tensors)),
    bytes: sum([...dtypes.values()].map(({ bytes }) => bytes)),
    dtypes: [...dtypes.values()].sort((a, b) => b.bytes - a.bytes),
    experts: sets.map(({ sizes, layers }) => ({ num_experts: sizes.num_experts, layouts: runsOf(layers) })),
    parts: {
      experts: bySize(expertParts({ sorted })),
      scales: bySize(sorted.scales),
      extra: bySize(sorted.extra),
      others: bySize(sorted.others),
    },
  };
}

function expertParts({ sorted }: Pick<Inspected, "sorted">): Part[] {
  const parts = new Map<string, { pattern: string; tensors: number; bytes: number }>();
  for (const { layers } of sorted.experts) {
    for (const patterns of layers.values()) {
      for (const [pattern, tensors] of patterns) {
        const part = parts.get(pattern) ?? { pattern, tensors: 0, bytes: 0 };
        part.tensors += tensors.length;
        part.bytes += sum(tensors.map(({ tensor }) => tensor.end - tensor.begin));
        parts.set(pattern, part);
      }
    }
  }
  return [...parts.values()];
}

function bySize(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => b.bytes - a.bytes);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
