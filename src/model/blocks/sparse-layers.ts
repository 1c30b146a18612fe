import type { ConfigReader } from "../config.ts";

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

/** Width of the dense layers' feed-forward block; asked for only where there is such a layer. */
export function denseWidth(config: ConfigReader, numLayers: number, isMoe: (layer: number) => boolean): number {
  for (let layer = 0; layer < numLayers; layer++) if (!isMoe(layer)) return config.size("intermediate_size");
  return 1;
}
