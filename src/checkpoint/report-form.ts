import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2127, PLN2128 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { andList, count, plural } from "../text/words.ts";
import { floats } from "./form.ts";
import type { Named } from "./names.ts";
import type { Reading, Tree } from "./reading.ts";
import { shown } from "./scanner.ts";

/** The weights that a config.json speaks of, in groups that are loaded as one parameter. */
function weightsOf({ dense, sorted }: Reading): readonly { readonly name: string; readonly of: readonly Weight[] }[] {
  const groups = new Map<string, Weight[]>();
  const add = (name: string, weight: Weight) => {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [weight]);
    else group.push(weight);
  };
  for (const { each, row } of dense.found) add(row.name, each);
  for (const { layers } of sorted.experts) {
    for (const patterns of layers.values()) {
      for (const [pattern, tensors] of patterns) for (const each of tensors) add(pattern, each);
    }
  }
  return [...groups].map(([name, of]) => ({ name, of }));
}

type Weight = Pick<Named, "file" | "tensor">;

/** Weights in formats that hold none: the loader casts whatever it finds. */
export function judgeFormats(folder: string, reading: Reading, names: readonly Named[]): Diagnostic[] {
  const all = new Set(names.map(({ tensor }) => tensor.name));
  const odd: Weight[] = [];
  const bare: Weight[] = [];
  for (const { of } of weightsOf(reading)) {
    for (const each of of) {
      const { dtype, name } = each.tensor;
      if (floats.has(dtype) || (dtype === "U8" && /_(blocks|scales)$/.test(name))) continue;
      if (!dtype.startsWith("F8_")) odd.push(each);
      else if (![`${name}_scale_inv`, `${name}_scale`].some((scale) => all.has(scale))) bare.push(each);
    }
  }
  return [...say(folder, odd, "many"), ...say(folder, bare, "scales")];
}

function say(folder: string, [first, ...others]: readonly Weight[], variant: "many" | "scales"): Diagnostic[] {
  if (first === undefined) return [];
  const place = fileStart(`${folder}/${first.file}`);
  const values = { tensor: shown(first.tensor.name), dtype: first.tensor.dtype };
  if (others.length === 0) return [PLN2127(place, values, { variant: variant === "many" ? "default" : "bare" })];
  const rest = `${others.length === 1 ? "is" : "are"} ${plural(others.length, "other")}`;
  return [PLN2127(place, { ...values, others: rest }, { variant })];
}

const formats: Readonly<Record<string, string>> = { bfloat16: "BF16", float16: "F16", float32: "F32", float64: "F64" };

/** Plain weights in another format than config.json's, or in several. */
export function judgeDtype(folder: string, source: Source, config: Tree, reading: Reading): Diagnostic[] {
  const groups = weightsOf(reading);
  const bytes = new Map<string, number>();
  for (const { of } of groups) {
    for (const { tensor } of of) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.end - tensor.begin);
  }
  const sum = [...bytes.values()].reduce((all, size) => all + size, 0);
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  const found: Diagnostic[] = [];
  const key = ["dtype", "torch_dtype"].find((name) => typeof config[name] === "string");
  const said = key === undefined ? undefined : String(config[key]);
  const declared = formats[said?.replace(/^torch\./, "") ?? ""];
  if (key !== undefined && said !== undefined && declared !== undefined && most !== undefined) {
    const [dtype, size] = most;
    if (dtype !== declared && floats.has(dtype)) {
      const share = `${Math.round((100 * size) / Math.max(1, sum))} % of the bytes`;
      found.push(PLN2128(source.at([key]), { key, said, dtype, share }));
    }
  }
  const mixed = groups.find(({ of }) => of.some(({ tensor }) => isOther(tensor.dtype, of[0]?.tensor.dtype)));
  if (mixed !== undefined) {
    const counts = new Map<string, number>();
    for (const { tensor } of mixed.of) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + 1);
    const dtypes = andList([...counts].map(([dtype, number]) => `${count(number)} in ${dtype}`));
    found.push(PLN2128(fileStart(folder), { name: mixed.name, dtypes }, { variant: "mixed" }));
  }
  return found;
}

function isOther(dtype: string, first = ""): boolean {
  return dtype !== first && floats.has(dtype) && floats.has(first);
}

export const examples: Examples = {
  PLN2127: {
    config: "toy",
    files: {},
    json: { header: "model/model.safetensors" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2122"] },
  },
  PLN2128: {
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"], dtype: "F32" } },
  },
};

export const cases: readonly Case[] = [
  {
    name: "a tensor of integers, and fp8 without scales",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.norm.weight": ["I32", [24]],
          "model.layers.0.self_attn.o_proj.weight": ["F8_E4M3", [24, 4096]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/model.safetensors 1:[01:01) PLN2127 model.norm.weight is I32; the loader would take its numbers as they stand
#@   help: save the weights as bfloat16, float16 or float32
#@ model/model.safetensors 1:[01:01) PLN2127 model.layers.0.self_attn.o_proj.weight is F8_E4M3 and has no scales; the loader would take its numbers as they stand
#@   help: save the weights as bfloat16, float16 or float32
#@ [49:56) PLN2126 the weights in ./model are fp8 (model.layers.0.self_attn.o_proj.weight is F8_E4M3), which the job refuses to load: it would get other weights
#@   help: dequantise them to bfloat16, drop quantization_config, and name that folder here
`,
  },
  {
    name: "fp8 without scales in two tensors",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.0.self_attn.o_proj.weight": ["F8_E4M3", [24, 4096]],
          "model.layers.1.self_attn.o_proj.weight": ["F8_E4M3", [24, 4096]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/model.safetensors 1:[01:01) PLN2127 model.layers.0.self_attn.o_proj.weight is F8_E4M3 and has no scales, as is 1 other; the loader would take their numbers as they stand
#@   help: save the weights as bfloat16, float16 or float32
#@ [49:56) PLN2126 the weights in ./model are fp8 (model.layers.0.self_attn.o_proj.weight is F8_E4M3), which the job refuses to load: it would get other weights
#@   help: dequantise them to bfloat16, drop quantization_config, and name that folder here
`,
  },
  {
    name: "two tensors of integers",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.norm.weight": ["I32", [24]], "model.layers.0.input_layernorm.weight": ["U8", [24]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/model.safetensors 1:[01:01) PLN2127 model.norm.weight is I32, as is 1 other; the loader would take their numbers as they stand
#@   help: save the weights as bfloat16, float16 or float32
`,
  },
  {
    name: "all in another format than config.json says",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"], dtype: "F32" } },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 33:[18:28) | "torch_dtype": «"bfloat16"», | PLN2128 warning: config.json says torch_dtype bfloat16; the weights are F32 (100 % of the bytes)
#@   help: nothing is lost for the job, which casts them as it loads; see that the files are of one saving
`,
  },
  {
    name: "one parameter in two formats",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.layers.1.self_attn.q_proj.weight": ["F16", [4096, 24]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ [49:56) PLN2128 warning: model.layers.{layer}.self_attn.q_proj.weight is stored in several formats: 1 in BF16 and 1 in F16
#@   help: nothing is lost for the job, which casts them as it loads; see that the files are of one saving
`,
  },
  {
    name: "routers and norms in float32 beside weights in bfloat16",
    shows: "nothing",
    config: "toy",
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.norm.weight": ["F32", [24]],
          "model.layers.0.mlp.gate.weight": ["F32", [3, 24]],
          "model.layers.1.mlp.gate.weight": ["F32", [3, 24]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
`,
  },
];
