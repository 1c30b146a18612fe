import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import type { Model, Parameter } from "../model/model.ts";
import { type Storage, storageOf } from "../model/storage.ts";
import { parametersOf } from "../model/table.ts";
import type { LayoutName } from "../plan/types.ts";
import type { Source } from "../source/source.ts";
import { lowerExperts } from "./lower.ts";
import { type ByteProgram, keysFor, type Piece } from "./program.ts";
import { quantizationOf } from "./quantized.ts";

/** The conversion of a model's checkpoint, or why there is none, as the end of a sentence. */
export type Planned = { readonly program: ByteProgram } | { readonly why: string };

/** Lowers the conversion of a model that planc has a table of. */
export function planConversion(model: Model, from: LayoutName, to: LayoutName): Planned {
  const family = families.get(model.model_type);
  if (family === undefined) return { why: "planc does not know how it is stored" };
  return lowerConversion(storageOf(family), readerOf(model.config, model.model_type), from, to);
}

/** Reads sizes from a config.json that is a mapping. What is wrong with it, `problems` of the reader tells. */
export function readerOf(source: Source, model_type: string): ConfigReader {
  return new ConfigReader(source, source.value as Readonly<Record<string, unknown>>, model_type);
}

/** Lowers the conversion of a checkpoint by what planc knows of its storage. */
export function lowerConversion(storage: Storage, reader: ConfigReader, from: LayoutName, to: LayoutName): Planned {
  const config = reader.source.value as Readonly<Record<string, unknown>>;
  const quantization = quantizationOf(config);
  if ("why" in quantization) return quantization;
  const { model_type } = storage;
  const pieces: Piece[] = [];
  let num_experts = 0;
  for (const experts of storage.experts) {
    const sizes = experts.sizes(reader);
    if (sizes.layers.length === 0) continue;
    num_experts ||= sizes.num_experts;
    const lowered = lowerExperts(experts, sizes, from, to, quantization.scales);
    if ("why" in lowered) return lowered;
    pieces.push(...lowered.pieces);
  }
  if (pieces.length === 0) return { why: "none of its layers has experts" };
  const names = namesOf(parametersIn(reader, model_type, from), pieces);
  const { beside } = storage;
  const keys = keysFor(model_type, to, config, num_experts);
  return { program: { model_type, from, to, pieces, names, beside, config: keys } };
}

/** The model's table as a layout stores it; empty where planc has none. */
function parametersIn(reader: ConfigReader, model_type: string, layout: LayoutName): readonly Parameter[] {
  const family = families.get(model_type);
  const experts = family?.layouts[layout];
  return family?.compared !== true || experts === undefined ? [] : parametersOf(family.build(reader), experts, "");
}

/** Every tensor of the target in the order of the model's state dict. */
function namesOf(parameters: readonly Parameter[], pieces: readonly Piece[]): ByteProgram["names"] {
  return parameters.flatMap(({ kind, stored, layers }) => {
    if (kind !== "expert") return stored.map((name) => [name, layers] as const);
    const targets = pieces.filter(({ source }) => stored.some((name) => source.name.startsWith(name)));
    return [...new Set(targets.map(({ target }) => target.name))].map((name) => [name, layers] as const);
  });
}
