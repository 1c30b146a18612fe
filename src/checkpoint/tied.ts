import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2129 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { fileStart } from "../text/location.ts";
import type { Checkpoint } from "./folder.ts";
import type { Named } from "./names.ts";
import type { Reading } from "./reading.ts";
import { shapeInWords } from "./scanner.ts";
import { shapeIsEqual } from "./shapes.ts";

/** Pieces of the two tensors that are compared, and bytes of a piece: enough to see that they are not one. */
const [pieces, piece] = [64, 4096];

/** A head that config.json ties to the embedding, and that is stored with other values. */
export function judgeTied(host: Host, checkpoint: Checkpoint, { dense, table }: Reading): Diagnostic[] {
  const row = table.rows.find(({ parameter }) => parameter.tied !== undefined);
  const stored = (name: string | undefined) => dense.found.find((each) => each.row.parameter.name === name)?.each;
  const [head, embedding] = [stored(row?.parameter.name), stored(row?.parameter.tied)];
  if (head === undefined || embedding === undefined) return [];
  const how = difference(host, checkpoint, head, embedding);
  if (how === undefined) return [];
  return [PLN2129(fileStart(`${checkpoint.folder}/${head.file}`), { how })];
}

function difference(host: Host, checkpoint: Checkpoint, a: Named, b: Named): string | undefined {
  if (a.tensor.dtype !== b.tensor.dtype) return `in format: ${a.tensor.dtype} and ${b.tensor.dtype}`;
  if (!shapeIsEqual(a.tensor.shape, b.tensor.shape)) {
    return `in shape: ${shapeInWords(a.tensor.shape)} and ${shapeInWords(b.tensor.shape)}`;
  }
  const size = a.tensor.end - a.tensor.begin;
  for (let number = 0; number < pieces; number++) {
    const at = Math.floor((number * Math.max(0, size - piece)) / (pieces - 1));
    const [one, other] = [a, b].map((each) => bytesOf(host, checkpoint, each, at, Math.min(piece, size)));
    if (one === undefined || other === undefined) return undefined;
    if (one.some((byte, index) => byte !== other[index])) return "in values";
  }
  return undefined;
}

function bytesOf(host: Host, { folder, files }: Checkpoint, { file, tensor }: Named, at: number, length: number) {
  const of = files.find(({ name }) => name === file);
  if (of === undefined) return undefined;
  // The data ends with the file, and no byte of it is no tensor's.
  const data = of.tensors.reduce((end, each) => Math.max(end, each.end), 0);
  const read = host.readAt(`${folder}/${file}`, of.size - data + tensor.begin + at, length);
  return read.ok && read.bytes.length === length ? read.bytes : undefined;
}

export const examples: Examples = {
  PLN2129: {
    config: "toy",
    beside: {
      cluster: { gpus_per_node: 1 },
      parallelism: { fsdp_size: 1 },
    },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "lm_head.weight": ["BF16", [10, 24], 1] },
      },
    },
  },
};

export const cases: readonly Case[] = [
  {
    name: "in values",
    config: { of: "toy", with: { tie_word_embeddings: true } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "lm_head.weight": ["BF16", [10, 24], 1] },
      },
    },
    plan: `
cluster: { gpus_per_node: 2 }
parallelism: { fsdp_size: 2 }
#@ model/model.safetensors 1:[01:01) PLN2129 config.json ties lm_head.weight to the embedding, but the two are stored and differ in values
#@   help: set tie_word_embeddings to false in the config.json beside the weights, or remove lm_head.weight from them
`,
  },
  {
    name: "in format",
    config: { of: "toy", with: { tie_word_embeddings: true } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "lm_head.weight": ["F32", [10, 24]] },
      },
    },
    plan: `
cluster: { gpus_per_node: 2 }
parallelism: { fsdp_size: 2 }
#@ model/model.safetensors 1:[01:01) PLN2129 config.json ties lm_head.weight to the embedding, but the two are stored and differ in format: F32 and BF16
#@   help: set tie_word_embeddings to false in the config.json beside the weights, or remove lm_head.weight from them
`,
  },
  {
    name: "stored twice and the same",
    shows: "nothing",
    config: { of: "toy", with: { tie_word_embeddings: true } },
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
cluster: { gpus_per_node: 2 }
parallelism: { fsdp_size: 2 }
`,
  },
];
