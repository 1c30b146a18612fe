import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2002, PLN2003, PLN2004, PLN2005, PLN2006, PLN2008 } from "../diagnostics/catalogue/model.ts";
import { type Diagnostic, type Result, replaceWith } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { suggest } from "../text/suggest.ts";
import { isMapping } from "../text/values.ts";
import { orList } from "../text/words.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

/** The model types that the engine's release can build, so that an unsupported one can be called by what it is. */
export interface KnownTypes {
  readonly version: string;
  readonly moeModelTypes: readonly string[];
  readonly denseModelTypes: ReadonlySet<string>;
  readonly otherModelTypes: ReadonlySet<string>;
  /** `model_type` of a config with a nested MoE text model → that one's own. */
  readonly textConfigOf: ReadonlyMap<string, string>;
}

/** Types that no release has, and the type under which transformers builds the same model, if there is one. */
const remote: Readonly<Record<string, string | undefined>> = {
  kimi_k2: "deepseek_v3",
  hunyuan: "hunyuan_v1_moe",
  minimax_m1: undefined,
  step3p5: undefined,
};

/** What has experts, and no words to predict. */
const noLanguage: ReadonlySet<string> = new Set([
  "dots3_note_vision_encoder",
  "openai_privacy_filter",
  "qwen3_omni_moe_talker_text",
]);

/**
 * The family of a config.json that a release can build. What is not supported is named for what it is, never taken for
 * something else.
 */
export function findFamily(
  source: Source,
  config: Readonly<Record<string, unknown>>,
  known: KnownTypes,
): Result<Family> {
  const type = config["model_type"];
  const refuse = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  if (type === undefined) return refuse(PLN2002(source.at([]), {}));
  const place = source.at(["model_type"]);
  if (typeof type !== "string") {
    return refuse(PLN2008(place, { key: "model_type", expected: "text", value: JSON.stringify(type) }));
  }
  const named = { model_type: type, release: known.version };
  if (noLanguage.has(type)) return refuse(PLN2004(place, named, { variant: "other" }));
  if (Object.hasOwn(remote, type)) {
    const instead = remote[type];
    const advice =
      instead === undefined
        ? {}
        : {
            help: `it is ${instead} under another name: write that where the weights are stored as they are there`,
            fixes: [replaceWith(place, JSON.stringify(instead))],
          };
    return refuse(PLN2003(place, named, { variant: "remote", ...advice }));
  }
  const family = families.get(type);
  if (family !== undefined) {
    const wrong = unbuildable(source, config, family, known);
    return wrong === undefined ? { value: family, diagnostics: [] } : refuse(wrong);
  }
  if (known.denseModelTypes.has(type)) return refuse(PLN2004(place, named));
  if (known.moeModelTypes.includes(type)) return refuse(PLN2005(place, named));
  if (known.otherModelTypes.has(type)) return refuse(PLN2004(place, named, { variant: "other" }));
  const near = suggest(type, families.keys());
  return refuse(near === undefined ? PLN2003(place, named) : PLN2003(place, { ...named, near }, { variant: "near" }));
}

/** Why a release does not build a family that planc knows. */
function unbuildable(
  source: Source,
  config: Readonly<Record<string, unknown>>,
  { model_type, architecture, language, text_type }: Family,
  known: KnownTypes,
): Diagnostic | undefined {
  const place = source.at(["model_type"]);
  if (!known.moeModelTypes.includes(text_type)) {
    return PLN2003(place, { model_type, release: known.version, newer: "5.24" }, { variant: "later" });
  }
  if (architecture === undefined) {
    const wholes = [...known.textConfigOf].filter(([, text]) => text === model_type).map(([whole]) => whole);
    return PLN2006(place, { model_type, whole: orList(wholes) });
  }
  if (language.length === 0) return undefined;
  let part: unknown = config;
  for (const key of language) part = isMapping(part) ? part[key] : undefined;
  const named = isMapping(part) ? part["model_type"] : undefined;
  if (typeof named !== "string" || named === text_type || families.get(named)?.language.length === 0) return undefined;
  return PLN2004(source.at([...language, "model_type"]), { model_type, text_type: named }, { variant: "text" });
}

export const examples: Examples = {
  PLN2002: { wrong: { json: "config" } },
  PLN2005: { right: { config: { with: { num_hidden_layers: 2 } } } },
};

export const cases: readonly Case[] = [
  {
    name: "no model_type",
    config: { text: '{\n  "hidden_size": 2048\n}\n' },
    plan: `
name: plan
#@ config.json 1:[01:02) | «{» | PLN2002 the config has no model_type
#@   help: take the config.json that was published with the checkpoint
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "no model_type where the checkpoint's is asked for too",
    config: { of: "toy", with: { model_type: undefined } },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 1:[01:02) | «{» | PLN2002 the config has no model_type
#@   help: take the config.json that was published with the checkpoint
#@   related 1:[18:35) the plan names this config here
`,
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
  },
  {
    name: "a model_type that is no text, where the checkpoint's is asked for too",
    config: { of: "toy", with: { model_type: 3 } },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 18:[17:18) | "model_type": «3», | PLN2008 model_type takes text, not 3
#@   related 1:[18:35) the plan names this config here
`,
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
  },
  {
    name: "a model_type that is no text",
    config: { with: { model_type: 3 } },
    plan: `
name: plan
#@ config.json 18:[17:18) | "model_type": «3», | PLN2008 model_type takes text, not 3
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a model_type that is nearly one",
    config: { with: { model_type: "qwen3_moa" } },
    plan: `
name: plan
#@ config.json 18:[17:28) | "model_type": «"qwen3_moa"», | PLN2003 unknown model_type qwen3_moa; did you mean qwen3_moe?
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a model_type that is like none",
    config: { with: { model_type: "constructor" } },
    plan: `
name: plan
#@ config.json 18:[17:30) | "model_type": «"constructor"», | PLN2003 unknown model_type constructor: neither planc nor transformers 5.24.0 has it
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a dense model",
    config: "Qwen3-8B",
    plan: `
name: plan
#@ config.json 16:[17:24) | "model_type": «"qwen3"», | PLN2004 qwen3 is a dense model: it has no experts to share out
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "no language model",
    config: { with: { model_type: "vit" } },
    plan: `
name: plan
#@ config.json 18:[17:22) | "model_type": «"vit"», | PLN2004 vit is no Mixture-of-Experts language model
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a family without a record",
    config: { with: { model_type: "doge" } },
    plan: `
name: plan
#@ config.json 18:[17:23) | "model_type": «"doge"», | PLN2005 doge is a Mixture-of-Experts family that planc does not know
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a language model that is built only inside another",
    config: { with: { model_type: "qwen3_vl_moe_text" } },
    plan: `
name: plan
#@ config.json 18:[17:36) | "model_type": «"qwen3_vl_moe_text"», | PLN2006 qwen3_vl_moe_text is the language model of qwen3_vl_moe: transformers builds it only inside that
#@   help: take the config.json of the whole model
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a family that a later release has",
    config: { with: { model_type: "sarvam_mla" } },
    plan: `
stack: { engine: transformers, trainer: trl, versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
#@ config.json 18:[17:29) | "model_type": «"sarvam_mla"», | PLN2003 transformers 5.23.0 has no model_type sarvam_mla; 5.24 has
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a model that is published with code of its own",
    config: { with: { model_type: "kimi_k2" } },
    plan: `
name: plan
#@ config.json 18:[17:26) | "model_type": «"kimi_k2"», | PLN2003 transformers 5.24.0 has no class for model_type kimi_k2, which is published with code of its own: planc trains what the release itself builds
#@   help: it is deepseek_v3 under another name: write that where the weights are stored as they are there
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "deepseek_v3"" -> PLN2025, PLN2044, PLN4025
`,
  },
  {
    name: "a dense language model in a model of several parts",
    config: { text: '{ "model_type": "mistral3", "text_config": { "model_type": "mistral" } }' },
    plan: `
name: plan
#@ config.json 1:[60:69) | { "model_type": "mistral3", "text_config": { "model_type": «"mistral"» } } | PLN2004 the language model of this mistral3 is of type mistral, which is no Mixture-of-Experts model that planc knows
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a model of several parts that transformers lacks, by its text_config",
    config: { text: '{ "model_type": "own", "text_config": { "model_type": "qwen3_moe" } }' },
    plan: `
name: plan
#@ config.json 1:[17:22) | { "model_type": «"own"», "text_config": { "model_type": "qwen3_moe" } } | PLN2003 unknown model_type own: neither planc nor transformers 5.24.0 has it
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
];
