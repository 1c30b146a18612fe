import { bytesOf } from "../../estimate/memory.ts";
import type { ReportedPlan, ReportedTensor } from "../read/plan.ts";
import { bytesCell, type Cell, countCell, type Table, words } from "../table.ts";

/** A bar of a picture. */
export interface Bar {
  readonly name: string;
  /** Null where it is not known. */
  readonly bytes: number | null;
}

/** Rows of a table of parameters; a family has a few dozen patterns. */
const mostRows = 200;

/**
 * Bytes of the parameters that the rank with the most holds, by what they are, the largest first. What the patterns are not is
 * held beside them: adapters, or what is frozen (the parts beside a language model, a model that is compared with).
 */
export function shareByKind(plan: ReportedPlan): Bar[] {
  const sums = new Map<string, number>();
  for (const tensor of plan.tensors) sums.set(tensor.kind, (sums.get(tensor.kind) ?? 0) + bytesOfTensor(tensor, plan));
  const patterns = [...sums.values()].reduce((sum, each) => sum + each, 0);
  sums.set(plan.hasAdapters ? "adapters" : "frozen beside it", Math.round(plan.memory.parameters - patterns));
  const bars = [...sums].map(([kind, bytes]) => ({ name: kind.replaceAll("_", " "), bytes }));
  return bars.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

/** One row for each pattern of parameters. */
export function shareTable(plan: ReportedPlan): Table {
  const rows = plan.tensors
    .slice(0, mostRows)
    .map((tensor): Cell[] => [
      words(tensor.name),
      countCell(tensor.layers),
      words(shape(tensor.shape)),
      words(shape(tensor.local_shape)),
      words(tensor.placement.map(([axis, cut]) => `${axis} ${cut}`).join(", ") || "whole on every rank"),
      bytesCell(bytesOfTensor(tensor, plan)),
    ]);
  return {
    caption: "Parameters, and what of them is on the rank that holds the most",
    head: ["parameter", "layers", "shape", "on a rank", "cut by", "bytes on a rank"],
    rows,
    more: Math.max(0, plan.tensors.length - mostRows),
  };
}

function bytesOfTensor({ local_shape, layers, in_float32, isShared }: ReportedTensor, plan: ReportedPlan): number {
  if (isShared) return 0;
  const { parameters, compute } = plan.precision;
  const format = in_float32 ? "float32" : plan.hasAdapters ? compute : parameters;
  return (
    local_shape.reduce((product, size) => product * size, 1) *
    layers *
    (format === "bfloat16" ? bytesOf.bfloat16 : bytesOf.float32)
  );
}

function shape(dims: readonly number[]): string {
  return `[${dims.join(", ")}]`;
}
