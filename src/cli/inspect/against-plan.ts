import { formInWords } from "../../checkpoint/form.ts";
import { type Inspected, inspectCheckpoint, judgeByConfig } from "../../checkpoint/inspect.ts";
import { shown } from "../../checkpoint/scanner.ts";
import type { Checked } from "../../compiler.ts";
import type { Case, Examples } from "../../diagnostics/case.ts";
import { PLN2115 } from "../../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN5050 } from "../../diagnostics/catalogue/launch.ts";
import { PLN2126 } from "../../diagnostics/catalogue/weights-form.ts";
import { type Diagnostic, replaceWith } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../../host.ts";
import { addKeys } from "../../plan/add-keys.ts";
import type { Location } from "../../text/location.ts";
import { hasWeights } from "../local-folder.ts";

/** What is said of a checkpoint by its config.json alone, and is known better where the weights are at hand. */
const byConfig: ReadonlySet<string> = new Set(["PLN2015", "PLN2016", "PLN2017"]);

/** The folder of a plan's checkpoint. */
interface Folder {
  readonly path: string;
  /** Where the plan names it. */
  readonly named: Location;
}

/**
 * What a plan's diagnostics come to where its checkpoint lies on this machine: what is wrong with the folder, where the
 * plan's config.json is another one than the folder's, and whether the weights are stored as the plan takes them to be.
 * The weights decide: what config.json alone had claimed of their form is left out. Diagnostics only: nothing of it may
 * reach what planc writes.
 */
export function judgeCheckpoint(
  host: Host,
  folder: Folder,
  checked: Checked | undefined,
  before: readonly Diagnostic[],
): readonly Diagnostic[] {
  const { path, named } = folder;
  if (checked === undefined) return hasWeights(host, path) ? judgeRefused(host, folder, before) : before;
  if (!hasWeights(host, path)) return [...before, PLN5050(named, { folder: path })];
  const { value, diagnostics } = inspectCheckpoint(host, path);
  if (value === undefined) return [...before, ...inPlan(diagnostics, folder)];
  const known = before.filter(
    ({ code }) => !byConfig.has(code) || (code === "PLN2015" && value.form.method === "mxfp4"),
  );
  const all = inPlan([...diagnostics, ...byPlansConfig(host, path, value, checked)], folder);
  const refused = refusal(value, checked);
  const found = [...(refused === undefined ? [] : [refused]), ...otherLayout(value, checked)];
  return onlyOnce([...known, ...all, ...found]);
}

/** The same for a plan that was refused: what its folder holds may say why. */
function judgeRefused(host: Host, folder: Folder, before: readonly Diagnostic[]): readonly Diagnostic[] {
  const { diagnostics } = inspectCheckpoint(host, folder.path);
  const isLeftover = diagnostics.some(({ code }) => code === "PLN2123");
  const known = isLeftover ? before.filter(({ code }) => !byConfig.has(code)) : before;
  return onlyOnce([...known, ...inPlan(diagnostics, folder)]);
}

/** What is said of the folder as a whole is said of the plan's key that names it: a folder has no lines to show. */
function inPlan(diagnostics: readonly Diagnostic[], { path, named }: Folder): readonly Diagnostic[] {
  return diagnostics.map((each) => (each.location.file === path ? { ...each, location: named } : each));
}

function placeOf({ location }: Diagnostic): string {
  return JSON.stringify(location);
}

function byPlansConfig(host: Host, folder: string, inspected: Inspected, { model }: Checked): readonly Diagnostic[] {
  const own = host.read(`${folder}/config.json`);
  if (own.ok && new TextDecoder().decode(own.bytes) === model.config.text) return [];
  return judgeByConfig(host, inspected, model.config, model.model_type);
}

/** Of a mistake that two config.json files make alike, and of a file that cannot be read and is asked for twice, the first. */
function onlyOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    const { code, message } = diagnostic;
    const isAnywhere = /^PLN(21|100[12]$)/.test(code);
    // Which families there are for a checkpoint, and which for a plan, are two lists.
    const said = code === "PLN2002" ? code : `${code} ${message}`;
    const key = isAnywhere ? said : `${said} ${placeOf(diagnostic)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function refusal({ form }: Inspected, { plan }: Checked): Diagnostic | undefined {
  const { method, shows } = form;
  if (shows === undefined || method === "mxfp4") return undefined;
  const place = plan.written.at("model.checkpoint");
  const values = { checkpoint: plan.model.checkpoint, tensor: shown(shows.tensor.name) };
  if (method === "fp8") return PLN2126(place, { ...values, dtype: shows.tensor.dtype });
  return PLN2126(place, { ...values, form: formInWords(form) }, { variant: "packed" });
}

function otherLayout({ layout: stored }: Inspected, { plan, model, layout: planned }: Checked): Diagnostic[] {
  if (stored === undefined || stored === planned) return [];
  const place = plan.written.at("model.layout");
  const values = { checkpoint: plan.model.checkpoint, planned, stored };
  if (plan.model.layout === undefined) {
    const { model_type } = model;
    const edit = addKeys(plan.written, "model", "checkpoint", [["layout", stored]]);
    const fixes = edit === undefined ? [] : [{ title: `write layout: ${stored}`, edits: [edit] }];
    const where = plan.written.at("model.checkpoint");
    return [PLN2115(where, { ...values, model_type }, { variant: "published", fixes })];
  }
  return [PLN2115(place, values, { fixes: [replaceWith(place, stored)] })];
}

export const examples: Examples = {
  PLN2115: {
    config: "toy",
    files: {
      "/data/qwen3-fused/config.json": { config: "toy" },
      "/data/qwen3-fused/model.safetensors": { toy: ["fused", "fused"] },
    },
  },
  PLN2126: {
    config: { with: { quantization_config: { quant_method: "fp8" } } },
    files: {
      "/data/DeepSeek-V3/model.safetensors": {
        tensors: {
          "model.layers.0.self_attn.q_proj.weight": ["F8_E4M3", [128, 128]],
          "model.layers.0.self_attn.q_proj.weight_scale_inv": ["F32", [1, 1]],
        },
      },
    },
    right: { config: "Qwen3-30B-A3B" },
  },
};

export const cases: readonly Case[] = [
  {
    name: "a folder that has the config.json alone",
    files: { "models/qwen/config.json": { config: "Qwen3-30B-A3B" } },
    plan: `
model:
  config: models/qwen/config.json
  checkpoint: ./models/qwen
#@ [15:28) PLN5050 warning: models/qwen has no weights here: the job will load them from there
#@   help: put the weights there before the job starts, or name the folder or Hub id that has them
`,
  },
  {
    name: "a folder with weights",
    shows: "nothing",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: model }
`,
  },
  {
    name: "stored otherwise than the plan says",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["fused", "fused"] } },
    plan: `
model:
  config: model/config.json
  checkpoint: ./model
  layout: gate_up
#@ [11:18) PLN2115 the plan takes the experts of ./model to be stored as gate_up; they are stored as fused
#@   help: planc inspect FOLDER --write PLAN records how a checkpoint is stored
#@   fix "change it to fused" -> fine
`,
  },
  {
    name: "stored otherwise than the family is published",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["fused", "fused"] } },
    plan: `
model:
  config: model/config.json
  checkpoint: ./model
#@ [15:22) PLN2115 qwen3_moe is published as per_expert, which the plan leaves to be the layout; ./model is stored as fused
#@   help: planc inspect FOLDER --write PLAN records how a checkpoint is stored
#@   fix "write layout: fused" -> fine
#@     +   layout: fused
`,
  },
  {
    config: "toy",
    files: { "model/model.safetensors": { toy: ["fused", "fused"] } },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ [49:56) PLN2115 qwen3_moe is published as per_expert, which the plan leaves to be the layout; ./model is stored as fused
#@   help: planc inspect FOLDER --write PLAN records how a checkpoint is stored
#@   fix "write layout: fused" -> fine
#@     - model: { config: model/config.json, checkpoint: ./model }
#@     + model: { config: model/config.json, checkpoint: ./model, layout: fused }
`,
  },
  {
    name: "fp8 with its scales",
    config: { of: "toy", with: { quantization_config: { quant_method: "fp8" } } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: {
          "model.layers.0.self_attn.o_proj.weight": ["F8_E4M3", [24, 4096]],
          "model.layers.0.self_attn.o_proj.weight_scale_inv": ["F32", [1, 32]],
        },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2126 the weights in model are fp8 (model.layers.0.self_attn.o_proj.weight is F8_E4M3), which the job refuses to load: it would get other weights
#@   help: dequantise them to bfloat16, drop quantization_config, and name that folder here
`,
  },
  {
    name: "packed integers",
    config: { of: "toy", with: { quantization_config: { quant_method: "fp8" } } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.layers.0.self_attn.o_proj.qweight": ["I32", [24, 512]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/config.json 38:[03:24) | «"quantization_config"»: { | PLN2125 the weights are stored as 4-bit integers (GPTQ or AWQ) (model.layers.0.self_attn.o_proj.qweight), but config.json claims fp8
#@   help: take the config.json that was saved with these files
#@ [49:54) PLN2126 the weights in model are stored as 4-bit integers (GPTQ or AWQ) (model.layers.0.self_attn.o_proj.qweight), which this stack cannot train
#@   help: dequantise them to bfloat16, drop quantization_config, and name that folder here
`,
  },
  {
    name: "stored as the plan says",
    shows: "nothing",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["fused", "fused"] } },
    plan: `
model: { checkpoint: ./model, layout: fused }
`,
  },
];
