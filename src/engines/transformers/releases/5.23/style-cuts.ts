import type { Parameter } from "../../../../model/model.ts";
import type { Cut } from "../release.ts";

type CutOf = (dims: number, isBias: boolean) => Cut | undefined;

const rows: CutOf = (dims) => ({ dim: Math.max(0, dims - 2), parts: 1 });
const columns: CutOf = (dims, isBias) => (isBias ? undefined : { dim: dims - 1, parts: 1 });

/** The styles that cut a parameter, as their `shard_param` does. A style that is not here keeps it whole. */
const cutsByStyle: Readonly<Record<string, CutOf>> = {
  colwise: rows,
  colwise_gather_output: rows,
  colwise_rep: rows,
  rowwise: columns,
  rowwise_rep: columns,
  rowwise_split_input: columns,
  packed_colwise: (dims) => (dims === 1 ? { dim: 0, parts: 1 } : { dim: dims - 2, parts: 2 }),
  packed_rowwise: (dims) => (dims === 1 ? undefined : { dim: dims - 1, parts: 2 }),
  embedding_rowwise: () => ({ dim: 0, parts: 1 }),
  embedding_colwise: () => ({ dim: 1, parts: 1 }),
  grouped_gemm: () => ({ dim: 0, parts: 1 }),
};

/** How `style` cuts `parameter`; undefined where it keeps it whole. */
export function cutOf(style: string, parameter: Parameter): Cut | undefined {
  const isBias = parameter.name.endsWith(".bias");
  return cutsByStyle[style]?.(parameter.shape.length, isBias);
}

/** Whether a style cuts the parameters it is given. */
export function cuts(style: string): boolean {
  return Object.hasOwn(cutsByStyle, style);
}
