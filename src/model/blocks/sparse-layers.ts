import type { ConfigReader } from "../config.ts";

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
