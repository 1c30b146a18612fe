import type { ConfigReader } from "../config.ts";
import type { Blueprint, Row, Span } from "../family.ts";
import type { Kind, TableSizes } from "../model.ts";
import type { Measured } from "./sizes.ts";

const mlp = "model.layers.{layer}.mlp";

/** What comes after attention in the layers, and which of them hold experts. */
export type FeedForward = Pick<Blueprint, "rows" | "modules" | "isMoe">;

/** Embedding, the two norms of a layer, the last norm and the head, around what is in the layers. */
export function decoder(
  config: ConfigReader,
  { sizes, keys }: Measured,
  attention: readonly Row[],
  { rows, modules, isMoe }: FeedForward,
): Blueprint {
  const { vocab_size, hidden_size } = sizes;
  const norm = (name: string): Row => {
    return { name: `model.layers.{layer}.${name}.weight`, shape: [hidden_size], kind: "norm", span: "every" };
  };
  return {
    rows: [
      { name: "model.embed_tokens.weight", shape: [vocab_size, hidden_size], kind: "embedding", span: "once" },
      ...attention,
      ...rows,
      norm("input_layernorm"),
      norm("post_attention_layernorm"),
      { name: "model.norm.weight", shape: [hidden_size], kind: "norm", span: "once" },
      { name: "lm_head.weight", shape: [vocab_size, hidden_size], kind: "head", span: "once" },
    ],
    modules,
    isMoe,
    sizes,
    keys,
    tied: config.flag("tie_word_embeddings", false),
  };
}

/** A gated feed-forward block of three matrices. */
export function gatedMlp(at: string, width: number, hidden: number, kind: Kind, span: Span, bias = false): Row[] {
  const rows = [
    { name: "gate_proj", shape: [width, hidden] },
    { name: "up_proj", shape: [width, hidden] },
    { name: "down_proj", shape: [hidden, width] },
  ];
  return rows.flatMap(({ name, shape }) => {
    const weight: Row = { name: `${at}.${name}.weight`, shape, kind, span };
    return bias ? [weight, { ...weight, name: `${at}.${name}.bias`, shape: shape.slice(0, 1) }] : [weight];
  });
}

/** The feed-forward block of layers without experts; its width is asked for only where there is such a layer. */
export function denseMlp(
  config: ConfigReader,
  { num_hidden_layers, hidden_size }: TableSizes,
  isMoe: Blueprint["isMoe"],
  bias = false,
): Row[] {
  const layers = Array.from({ length: num_hidden_layers }, (_, layer) => layer);
  const width = layers.every(isMoe) ? 1 : config.size("intermediate_size");
  return gatedMlp(mlp, width, hidden_size, "dense_mlp", "dense", bias);
}

/** The router's matrix, one row an expert. */
export function router({ num_experts, hidden_size }: TableSizes, stored?: string): Row {
  return {
    name: `${mlp}.gate.weight`,
    ...(stored === undefined ? {} : { stored: [stored] }),
    shape: [num_experts, hidden_size],
    kind: "router",
    span: "moe",
  };
}

/** Modules without parameters that every one of these decoders has. */
export function activations(...blocks: readonly (readonly [name: string, span: Span])[]) {
  return [
    { name: "model.rotary_emb", span: "once" as const },
    ...blocks.map(([name, span]) => ({ name: `${mlp}${name === "" ? "" : `.${name}`}.act_fn`, span })),
  ];
}

/** All layers have experts. */
export function everyLayer(): boolean {
  return true;
}

/** Every `decoder_sparse_step`-th layer has experts, but for those listed in `mlp_only_layers`. */
export function sparseSteps(config: ConfigReader): (layer: number) => boolean {
  const step = config.sizeOr("decoder_sparse_step", 1);
  const only = new Set(config.layers("mlp_only_layers"));
  return (layer) => !only.has(layer) && (layer + 1) % step === 0;
}

/** The first layers are dense, all others have experts. */
export function firstDense(config: ConfigReader): (layer: number) => boolean {
  const first = config.size("first_k_dense_replace", 0);
  return (layer) => layer >= first;
}
