import { families } from "../model/families.ts";
import type { Model, Parameter } from "../model/model.ts";
import { storageOf } from "../model/storage.ts";
import type { LayoutName } from "../plan/types.ts";
import { keysFor } from "./config-keys.ts";
import { type Lowered, lowerExperts } from "./lower.ts";
import type { ByteProgram, Piece } from "./program.ts";
import { quantizationOf } from "./quantized.ts";

/** The conversion of a model's checkpoint, or why there is none. */
export type Planned = { readonly program: ByteProgram } | Exclude<Lowered, { readonly pieces: unknown }>;

/** Lowers the conversion of a model that planc has a table of. */
export function planConversion(model: Model, from: LayoutName, to: LayoutName): Planned {
  const family = families.get(model.model_type);
  const [experts] = family === undefined ? [] : storageOf(family).experts;
  if (experts === undefined) return { why: "planc does not know how it is stored" };
  const config = model.config.value as Readonly<Record<string, unknown>>;
  const quantization = quantizationOf(config);
  if ("why" in quantization) return quantization;
  const { num_experts, moe_intermediate_size: width, hidden_size: hidden } = model.sizes;
  const sizes = { num_experts, width, hidden, layers: model.moeLayers };
  const lowered = lowerExperts(experts, sizes, from, to, quantization.scales);
  if ("why" in lowered) return lowered;
  return {
    program: {
      model_type: model.model_type,
      from,
      to,
      pieces: lowered.pieces,
      names: namesOf(model.parameters, lowered.pieces),
      allowsDenseLayers: false,
      beside: [],
      config: keysFor(model.model_type, to, config, num_experts),
    },
  };
}

/** Every tensor of the target in the order of the model's state dict. */
function namesOf(parameters: readonly Parameter[], pieces: readonly Piece[]): ByteProgram["names"] {
  return parameters.flatMap(({ kind, stored, layers }) => {
    if (kind !== "expert") return stored.map((name) => [name, layers] as const);
    const targets = pieces.filter(({ source }) => stored.some((name) => source.name.startsWith(name)));
    return [...new Set(targets.map(({ target }) => target.name))].map((name) => [name, layers] as const);
  });
}
