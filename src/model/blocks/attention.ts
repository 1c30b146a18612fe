import type { ConfigReader } from "../config.ts";
import type { Row } from "../family.ts";
import type { TableSizes } from "../model.ts";
import type { GroupedSizes } from "./sizes.ts";

const module = "model.layers.{layer}.self_attn";

interface Options {
  /** Biases of the query, key and value projections, and of the output projection. */
  readonly bias: boolean;
  readonly outputBias: boolean;
  /** Widths that the norms of queries and keys run over; left out, there are none. */
  readonly norms?: { readonly query: number; readonly key: number } | undefined;
}

/** Attention with grouped key-value heads. */
export function groupedAttention(sizes: GroupedSizes, { bias, outputBias, norms }: Options): Row[] {
  const { hidden_size } = sizes;
  const query = sizes.num_attention_heads * sizes.head_dim;
  const keyValue = sizes.num_key_value_heads * sizes.head_dim;
  const rows = [
    ...linear("q_proj", query, hidden_size, bias),
    ...linear("k_proj", keyValue, hidden_size, bias),
    ...linear("v_proj", keyValue, hidden_size, bias),
    ...linear("o_proj", hidden_size, query, outputBias),
  ];
  if (norms === undefined) return rows;
  return [...rows, norm("q_norm", norms.query), norm("k_norm", norms.key)];
}

/** Multi-head latent attention: queries, and keys with values, go through a low rank. */
export function latentAttention(config: ConfigReader, { hidden_size, num_attention_heads: heads }: TableSizes): Row[] {
  /** Null: queries are projected directly. */
  const queryRank = config.sizeOrNull("q_lora_rank");
  const keyValueRank = config.size("kv_lora_rank");
  const nopeDim = config.size("qk_nope_head_dim");
  const ropeDim = config.size("qk_rope_head_dim");
  const valueDim = config.size("v_head_dim");
  const bias = config.flag("attention_bias", false);
  const query = heads * (nopeDim + ropeDim);
  const queries =
    queryRank === undefined
      ? linear("q_proj", query, hidden_size, false)
      : [
          ...linear("q_a_proj", queryRank, hidden_size, bias),
          norm("q_a_layernorm", queryRank),
          ...linear("q_b_proj", query, queryRank, false),
        ];
  return [
    ...queries,
    ...linear("kv_a_proj_with_mqa", keyValueRank + ropeDim, hidden_size, bias),
    norm("kv_a_layernorm", keyValueRank),
    ...linear("kv_b_proj", heads * (nopeDim + valueDim), keyValueRank, false),
    ...linear("o_proj", hidden_size, heads * valueDim, bias),
  ];
}

function linear(name: string, rows: number, columns: number, bias: boolean): Row[] {
  const weight: Row = { name: `${module}.${name}.weight`, shape: [rows, columns], kind: "attention", span: "every" };
  return bias ? [weight, { ...weight, name: `${module}.${name}.bias`, shape: [rows] }] : [weight];
}

function norm(name: string, width: number): Row {
  return { name: `${module}.${name}.weight`, shape: [width], kind: "norm", span: "every" };
}
