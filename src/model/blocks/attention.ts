import type { Row } from "../family.ts";

const module = "model.layers.{layer}.self_attn";

interface Grouped {
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Biases of the query, key and value projections, and of the output projection. */
  readonly bias: boolean;
  readonly outputBias: boolean;
  /** Widths that the norms of queries and keys run over; left out, there are none. */
  readonly norms?: { readonly query: number; readonly key: number } | undefined;
}

/** Attention with grouped key-value heads. */
export function groupedAttention(size: Grouped): Row[] {
  const query = size.heads * size.headDim;
  const keyValue = size.keyValueHeads * size.headDim;
  const rows = [
    ...linear("q_proj", query, size.hidden, size.bias),
    ...linear("k_proj", keyValue, size.hidden, size.bias),
    ...linear("v_proj", keyValue, size.hidden, size.bias),
    ...linear("o_proj", size.hidden, query, size.outputBias),
  ];
  if (size.norms === undefined) return rows;
  return [...rows, norm("q_norm", size.norms.query), norm("k_norm", size.norms.key)];
}

interface Latent {
  readonly hidden: number;
  readonly heads: number;
  /** Undefined: queries are projected directly. */
  readonly queryRank: number | undefined;
  readonly keyValueRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
  readonly bias: boolean;
}

/** Multi-head latent attention: queries, and keys with values, go through a low rank. */
export function latentAttention(size: Latent): Row[] {
  const query = size.heads * (size.nopeDim + size.ropeDim);
  const queries =
    size.queryRank === undefined
      ? linear("q_proj", query, size.hidden, false)
      : [
          ...linear("q_a_proj", size.queryRank, size.hidden, size.bias),
          norm("q_a_layernorm", size.queryRank),
          ...linear("q_b_proj", query, size.queryRank, false),
        ];
  return [
    ...queries,
    ...linear("kv_a_proj_with_mqa", size.keyValueRank + size.ropeDim, size.hidden, size.bias),
    norm("kv_a_layernorm", size.keyValueRank),
    ...linear("kv_b_proj", size.heads * (size.nopeDim + size.valueDim), size.keyValueRank, false),
    ...linear("o_proj", size.hidden, size.heads * size.valueDim, size.bias),
  ];
}

function linear(name: string, rows: number, columns: number, bias: boolean): Row[] {
  const weight: Row = { name: `${module}.${name}.weight`, shape: [rows, columns], kind: "attention", span: "every" };
  return bias ? [weight, { ...weight, name: `${module}.${name}.bias`, shape: [rows] }] : [weight];
}

function norm(name: string, width: number): Row {
  return { name: `${module}.${name}.weight`, shape: [width], kind: "norm", span: "every" };
}
