import type { Case } from "../diagnostics/case.ts";
import { PLN2118 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN2120 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import type { Gap, Misshapen } from "./dense.ts";
import type { Reading } from "./reading.ts";
import { shapeInWords, shown } from "./scanner.ts";
import { few, layersInWords } from "./words.ts";

/** What is missing beside the experts: whole layers first, which need no list of what they lack. */
export function missing(folder: string, { dense, numLayers = 0 }: Reading, lost: readonly number[]): Diagnostic[] {
  const place = fileStart(folder);
  const all = plural(numLayers, "layer");
  const whole = new Set(lost);
  const gaps = dense.missing
    .map((gap) => ({ ...gap, layers: gap.layers.filter((layer) => !whole.has(layer)) }))
    .filter(({ row, layers }) => row.layers === undefined || layers.length > 0);
  const layers = lost.length > 0 ? [PLN2120(place, { layers: layersInWords(lost), all }, { variant: "layer" })] : [];
  return [
    ...layers,
    ...few(
      gaps,
      (gap) => gapAt(folder, gap, all),
      (more) => PLN2120(place, { more }, { variant: "more" }),
    ),
  ];
}

function gapAt(folder: string, { row, layers }: Gap, all: string): Diagnostic {
  const place = fileStart(folder);
  if (row.parameter.kind === "head") {
    const help = "set tie_word_embeddings to true if the model was trained so; else the files are not whole";
    return PLN2120(place, {}, { variant: "head", help });
  }
  const [only, ...others] = layers;
  const wanted = shapeInWords(row.parameter.shape);
  if (only === undefined || others.length === 0) {
    const tensor = row.name.replace("{layer}", String(only ?? ""));
    return PLN2120(place, { tensor, wanted });
  }
  return PLN2120(place, { tensor: row.name, layers: layersInWords(layers), all }, { variant: "layers" });
}

/** What has other shapes: one message, because one wrong size makes many shapes wrong. */
export function misshapen(folder: string, [first, ...others]: readonly Misshapen[]): Diagnostic[] {
  if (first === undefined) return [];
  const { each, row } = first;
  const place = fileStart(`${folder}/${each.file}`);
  const values = {
    tensor: shown(each.tensor.name),
    shape: shapeInWords(each.tensor.shape),
    wanted: shapeInWords(row.parameter.shape),
  };
  if (others.length === 0) return [PLN2118(place, values)];
  const are = others.length === 1 ? "is" : "are";
  return [PLN2118(place, { ...values, others: plural(others.length, "other tensor"), are }, { variant: "many" })];
}

export const cases: readonly Case[] = [
  {
    name: "lost in one layer, in each layer, and outside of them",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "lm_head.weight": undefined,
          "model.layers.1.self_attn.q_proj.weight": undefined,
          "model.layers.0.self_attn.k_norm.weight": undefined,
          "model.layers.1.self_attn.k_norm.weight": undefined,
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2120 model.layers.1.self_attn.q_proj.weight is missing; by config.json it is [4096, 24]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 model.layers.{layer}.self_attn.k_norm.weight is missing in layers 0 and 1; config.json has 2 layers
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 lm_head.weight is missing, and config.json does not tie it to the embedding
#@   help: set tie_word_embeddings to true if the model was trained so; else the files are not whole
`,
  },
  {
    name: "a whole layer is lost",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["gate_up", "gate_up"],
        with: {
          "model.layers.0.self_attn.q_proj.weight": undefined,
          "model.layers.0.self_attn.k_proj.weight": undefined,
          "model.layers.0.self_attn.v_proj.weight": undefined,
          "model.layers.0.self_attn.o_proj.weight": undefined,
          "model.layers.0.self_attn.q_norm.weight": undefined,
          "model.layers.0.self_attn.k_norm.weight": undefined,
          "model.layers.0.mlp.gate.weight": undefined,
          "model.layers.0.input_layernorm.weight": undefined,
          "model.layers.0.post_attention_layernorm.weight": undefined,
          "model.layers.0.mlp.experts.gate_up_proj": undefined,
          "model.layers.0.mlp.experts.down_proj": undefined,
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model, layout: gate_up }
#@ [49:56) PLN2120 nothing of layer 0 is there; config.json has 2 layers
#@   help: take the config.json that was saved with these files, or download the files again
`,
  },
  {
    name: "more names are lost than a reader takes in",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.0.self_attn.q_proj.weight": undefined,
          "model.layers.0.self_attn.k_proj.weight": undefined,
          "model.layers.0.self_attn.v_proj.weight": undefined,
          "model.layers.0.self_attn.o_proj.weight": undefined,
          "model.layers.0.self_attn.q_norm.weight": undefined,
          "model.layers.0.self_attn.k_norm.weight": undefined,
          "model.layers.0.mlp.gate.weight": undefined,
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2120 model.layers.0.self_attn.q_proj.weight is missing; by config.json it is [4096, 24]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 model.layers.0.self_attn.k_proj.weight is missing; by config.json it is [512, 24]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 model.layers.0.self_attn.v_proj.weight is missing; by config.json it is [512, 24]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 model.layers.0.self_attn.o_proj.weight is missing; by config.json it is [24, 4096]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 model.layers.0.self_attn.q_norm.weight is missing; by config.json it is [128]
#@   help: take the config.json that was saved with these files, or download the files again
#@ [49:54) PLN2120 tensors of 2 more names are missing
#@   help: take the config.json that was saved with these files, or download the files again
`,
  },
  {
    name: "another shape",
    config: "toy",
    files: {
      "model/model.safetensors": { toy: ["per_expert", "per_expert"], with: { "model.norm.weight": ["BF16", [25]] } },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2118 model.norm.weight is [25]; by config.json it is [24]
#@   help: take the config.json that was saved with these files
`,
  },
  {
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.norm.weight": ["BF16", [25]], "model.layers.0.self_attn.q_norm.weight": ["BF16", [64]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2118 model.norm.weight is [25]; by config.json it is [24]; 1 other tensor beside the experts is not as it says either
#@   help: take the config.json that was saved with these files
`,
  },
];
