import { posix } from "node:path";
import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2001, PLN2010, PLN2011 } from "../diagnostics/catalogue/model.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Plan } from "../plan/plan.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { isMapping } from "../text/values.ts";
import { orList } from "../text/words.ts";
import { ConfigReader } from "./config.ts";
import type { Blueprint, Family } from "./family.ts";
import { findFamily, type KnownTypes } from "./find-family.ts";
import type { Model } from "./model.ts";
import { namesOf, parametersOf, totalsOf } from "./table.ts";

/** A model, and the config.json of a family that planc knows, whether or not it makes a model. */
export interface ReadModel extends Result<Model> {
  readonly config?: Source;
}

/** Reads the config.json that the plan names into a model. `known`: the model types that the engine's release has. */
export function readModel(host: Host, plan: Plan, known: KnownTypes): ReadModel {
  const findings = new Findings();
  const nothing = () => ({ value: undefined, diagnostics: findings.all });
  const source = findings.take(readSource(host, configFile(host, plan), "json", plan.written.at("model.config")));
  if (source === undefined) return nothing();
  if (!isMapping(source.value)) {
    findings.add(PLN2001(source.at([]), { file: source.file }, { related: [namedBy(plan)] }));
    return nothing();
  }
  const named = (problem: Diagnostic) => ({ ...problem, related: [...problem.related, namedBy(plan)] });
  const found = findFamily(source, source.value, known);
  const family = findings.take({ ...found, diagnostics: found.diagnostics.map(named) });
  if (family === undefined) return nothing();

  const config = new ConfigReader(source, source.value, family.model_type);
  const blueprint = family.build(config);
  const perToken = family.perToken(config);
  const language = family.language.reduce((reader, key) => reader.within(key), config);
  const hasPositions = language.has("max_position_embeddings");
  const positions = hasPositions ? language.size("max_position_embeddings") : undefined;
  findings.add(...config.problems().map(named));
  if (findings.ok) findings.add(...contradictions(source, blueprint, perToken).map(named));
  if (findings.ok) findings.add(...config.assumptions().map(named));

  const layout = plan.model.layout ?? family.published;
  const experts = family.layouts[layout];
  if (experts === undefined) {
    const legal = orList(Object.keys(family.layouts));
    findings.add(PLN2010(plan.written.at("model.layout"), { model_type: family.model_type, layout, legal }));
  }
  if (!findings.ok || experts === undefined) return { ...nothing(), config: source };

  const dtype = config.text("dtype") ?? config.text("torch_dtype") ?? "bfloat16";
  const parameters = parametersOf(blueprint, experts, dtype);
  const model: Model = {
    model_type: family.model_type,
    architecture: family.architecture ?? "",
    config: source,
    sizes: { ...blueprint.sizes, num_experts_per_tok: perToken.size, max_position_embeddings: positions },
    at: (size) => source.at(typeof size === "string" ? [...blueprint.part, blueprint.keys[size] ?? size] : size),
    keyOf: (size) => blueprint.keys[size] ?? size,
    moeLayers: blueprint.moeLayers,
    parameters,
    names: namesOf(blueprint, parameters),
    totals: totalsOf(blueprint, parameters, perToken.size),
    dtype,
    tied: blueprint.tied,
    base: blueprint.base,
    towers: blueprint.towers,
    towerParameters: blueprint.towerParameters,
    text_type: family.text_type,
    publishedLayout: family.published,
    ...quantizationOf(source.value, blueprint.part),
  };
  return { value: model, diagnostics: findings.all, config: source };
}

type PerToken = ReturnType<Family["perToken"]>;

/** A checkpoint folder stands for the config.json inside it. */
function configFile(host: Host, plan: Plan): string {
  const stat = host.stat(plan.model.configFile);
  const isFolder = stat.ok && stat.kind === "folder";
  return isFolder ? posix.join(plan.model.configFile, "config.json") : plan.model.configFile;
}

/** Where a reader of the plan finds the config that a message is about. */
export function namedBy(plan: Plan) {
  return { message: "the plan names this config here", location: plan.written.at("model.config") };
}

/** Sizes that are each valid but cannot hold together. */
function contradictions(source: Source, { sizes, keys, part, moeLayers }: Blueprint, perToken: PerToken) {
  const experts = sizes.num_experts;
  const found: Diagnostic[] = [];
  if (moeLayers.length === 0) {
    const place = source.at([...part, keys["num_hidden_layers"] ?? "num_hidden_layers"]);
    return [PLN2011(place, { layers: sizes.num_hidden_layers }, { variant: "none" })];
  }
  if (perToken.size > experts) {
    const key = keys["num_experts"] ?? "num_experts";
    const related = [{ message: `${key} is ${experts} here`, location: source.at([...part, key]) }];
    const values = { key: perToken.key, per_token: perToken.size, experts };
    found.push(PLN2011(source.at([...part, perToken.key]), values, { related }));
  }
  return found;
}

/** Of the model, or of its language model. */
function quantizationOf(
  config: Readonly<Record<string, unknown>>,
  part: readonly string[],
): Pick<Model, "quantization" | "quantizedAt"> {
  for (const path of [[], part]) {
    const inner = path.reduce<unknown>((tree, key) => (isMapping(tree) ? tree[key] : undefined), config);
    const quantization = isMapping(inner) ? inner["quantization_config"] : undefined;
    if (!isMapping(quantization)) continue;
    const method = quantization["quant_method"];
    const named = typeof method === "string" ? method : "a method without a name";
    return { quantization: named, quantizedAt: [...path, "quantization_config"] };
  }
  return { quantization: undefined, quantizedAt: [] };
}

export const examples: Examples = {
  PLN2001: { wrong: { json: "config" } },
  PLN2010: { config: "gpt-oss-20b" },
};

export const cases: readonly Case[] = [
  {
    name: "a list",
    config: { text: '["Qwen3MoeForCausalLM"]\n' },
    plan: `
model:
  config: models/qwen/config.json
  checkpoint: /data/model
#@ models/qwen/config.json 1:[01:02) | «[»"Qwen3MoeForCausalLM"] | PLN2001 models/qwen/config.json holds no mapping of keys to values
#@   related 2:[11:34) the plan names this config here
`,
  },
  {
    name: "a list over several lines",
    config: { text: "[\n  1,\n  2\n]\n" },
    plan: `
name: plan
#@ config.json 1:[01:02) | «[» | PLN2001 config.json holds no mapping of keys to values
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a layout of another family",
    config: "gpt-oss-20b",
    plan: `
model: { config: config.json, checkpoint: /data/model, layout: per_expert }
#@ [64:74) PLN2010 gpt_oss checkpoints are stored as mxfp4 or gate_up_interleaved, not as per_expert
#@   help: leave layout out if the checkpoint is stored as the family was published
`,
  },
  {
    name: "a layout that the family comes in",
    shows: "nothing",
    config: {
      of: "gpt-oss-20b",
      with: {
        num_hidden_layers: 4,
        layer_types: undefined,
        router_aux_loss_coef: 0.001,
        quantization_config: undefined,
      },
    },
    plan: `
model: { config: config.json, checkpoint: /data/model, layout: gate_up_interleaved }
`,
  },
  {
    name: "more experts a token than there are",
    config: { with: { num_experts: 8, num_experts_per_tok: 9 } },
    plan: `
name: plan
#@ config.json 23:[26:27) | "num_experts_per_tok": «9», | PLN2011 num_experts_per_tok 9 is more than the 8 experts there are
#@   related config.json 22:[18:19) | "num_experts": «8», | num_experts is 8 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "as many as there are",
    shows: "nothing",
    config: { with: { num_experts: 8, num_experts_per_tok: 8 } },
    plan: `
name: plan
`,
  },
  {
    name: "no layer that holds experts",
    config: { with: { num_hidden_layers: 2, mlp_only_layers: [0, 1] } },
    plan: `
name: plan
#@ config.json 27:[24:25) | "num_hidden_layers": «2», | PLN2011 none of the 2 layers holds experts
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
];
