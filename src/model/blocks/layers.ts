import type { Row, Span } from "../family.ts";
import type { Kind } from "../model.ts";

const mlp = "model.layers.{layer}.mlp";

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

/** The feed-forward block of layers without experts. */
export function denseMlp(width: number, hidden: number, bias = false): Row[] {
  return gatedMlp(mlp, width, hidden, "dense_mlp", "dense", bias);
}

/** The router's matrix, one row an expert. */
export function router(experts: number, hidden: number, stored?: string): Row {
  return {
    name: `${mlp}.gate.weight`,
    ...(stored === undefined ? {} : { stored: [stored] }),
    shape: [experts, hidden],
    kind: "router",
    span: "moe",
  };
}

/** The bias that balances load without a loss: kept in the checkpoint, not trained. */
export function correctionBias(experts: number): Row {
  return {
    name: `${mlp}.gate.e_score_correction_bias`,
    shape: [experts],
    kind: "router",
    span: "moe",
    buffer: true,
    dtype: "float32",
  };
}

/** Embedding, the two norms of a layer, the last norm and the head, around the rows of the layers. */
export function decoder(vocabulary: number, hidden: number, inner: readonly Row[]): Row[] {
  const norm = (name: string): Row => {
    return { name: `model.layers.{layer}.${name}.weight`, shape: [hidden], kind: "norm", span: "every" };
  };
  return [
    { name: "model.embed_tokens.weight", shape: [vocabulary, hidden], kind: "embedding", span: "once" },
    ...inner,
    norm("input_layernorm"),
    norm("post_attention_layernorm"),
    { name: "model.norm.weight", shape: [hidden], kind: "norm", span: "once" },
    { name: "lm_head.weight", shape: [vocabulary, hidden], kind: "head", span: "once" },
  ];
}

/** Modules without parameters that every one of these decoders has. */
export function activations(...blocks: readonly (readonly [name: string, span: Span])[]) {
  return [
    { name: "model.rotary_emb", span: "once" as const },
    ...blocks.map(([name, span]) => ({ name: `${mlp}${name === "" ? "" : `.${name}`}.act_fn`, span })),
  ];
}
