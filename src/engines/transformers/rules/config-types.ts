import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { namedBy } from "../../../model/read.ts";
import type { Path } from "../../../source/path.ts";
import { isMapping, show } from "../../../text/values.ts";
import { type ConfigPart, isIn, partsOf } from "../configs/parts.ts";
import { fits, itemsOf, meant, typeInWords } from "../configs/types.ts";
import type { ConfigFacts } from "../facts.ts";

export const PLN2040 = diagnostic("PLN2040", {
  severity: "error",
  messages: {
    default: text`${"key"} is ${"value"}; transformers ${"release"} takes ${"expected"}`,
    unused: text`${"key"} is null, which the class takes and its model does not: it takes ${"expected"}`,
  },
});

/** Every key has the type that the release's class declares, as the class checks it, and null only where the model takes it. */
export const configTypes: Rule<ConfigFacts> = {
  name: "config-types",
  *check(facts) {
    for (const part of partsOf(facts)) {
      for (const [key, value] of Object.entries(part.config)) {
        const type = part.typeOf(key);
        if (type === undefined) yield* ofEveryConfig(facts, part, key, value);
        else if (!fits(type, value, part.source, [...part.path, key])) yield* wrongType(facts, part, key, type);
        else if (value === null && isIn(part.class_.tried.not_null, key)) yield needed(facts, part, key, type);
      }
    }
  },
};

function* wrongType(facts: ConfigFacts, part: ConfigPart, key: string, type: string): Iterable<Diagnostic> {
  const value = part.config[key];
  const items = Array.isArray(value) ? itemsIn(type) : undefined;
  const index = Array.isArray(value) && items !== undefined ? wrongItem(part, key, value, items) : -1;
  const keys: Path = index < 0 ? [key] : [key, index];
  const wrong: unknown = Array.isArray(value) && index >= 0 ? value[index] : value;
  const fix = meant(index < 0 ? type : (items ?? type), wrong);
  const written = part.source.raw([...part.path, ...keys]) ?? show(wrong, 40);
  // A mistake in a list is one of its key: planc's own reader finds it there too.
  yield PLN2040(
    part.at(key),
    {
      key: part.name(key),
      value: index < 0 ? written : `a list with ${written}`,
      release: facts.release.version,
      expected: typeInWords(type),
    },
    {
      related: [namedBy(facts.plan)],
      ...(fix === undefined ? {} : { fixes: [replaceWith(part.at(...keys), fix)] }),
      ...(value === null ? { help: `leave ${key} out for the default of the class` } : {}),
    },
  );
}

function itemsIn(type: string): string | undefined {
  return type
    .split(/\|(?![^[]*\])/)
    .map(itemsOf)
    .find((items) => items !== undefined);
}

function wrongItem(part: ConfigPart, key: string, value: readonly unknown[], items: string): number {
  return value.findIndex((item, index) => !fits(items, item, part.source, [...part.path, key, index]));
}

function needed(facts: ConfigFacts, part: ConfigPart, key: string, type: string): Diagnostic {
  const expected = typeInWords(type.replace(/\|none$/, ""));
  const values = { key: part.name(key), value: "null", release: facts.release.version, expected };
  return PLN2040(part.at(key), values, { variant: "unused", related: [namedBy(facts.plan)] });
}

/** Keys that every class reads: their types are declared and never checked, and these values stop the model all the same. */
function* ofEveryConfig(facts: ConfigFacts, part: ConfigPart, key: string, value: unknown): Iterable<Diagnostic> {
  const isRope = key === "rope_scaling" && part.has("rope_parameters") && !isMapping(value) && !isFalse(value);
  const expected = isRope ? "a mapping or null" : everyConfig[key]?.(value);
  if (expected === undefined) return;
  const values = { key: part.name(key), value: show(value, 40), release: facts.release.version, expected };
  yield PLN2040(part.at(key), values, { related: [namedBy(facts.plan)] });
}

/** What is expected, where a value is not that. */
const everyConfig: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  id2label: (value) => (value === null || isMapping(value) ? undefined : "a mapping or null"),
  output_hidden_states: (value) =>
    typeof value === "string" || (typeof value === "number" && !Number.isInteger(value)) ? "true or false" : undefined,
  return_dict: (value) => (isFalse(value) ? "true" : undefined),
  attn_implementation: (value) =>
    value === null || typeof value === "string" || isMapping(value) ? undefined : "text or null",
  dtype: (value) => (Array.isArray(value) ? "the name of a format" : undefined),
  torch_dtype: (value) => (Array.isArray(value) ? "the name of a format" : undefined),
};

/** What Python takes for false. */
function isFalse(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}

export const pages = {
  PLN2040: {
    title: "key of config.json has another type",
    docs: `The config classes of transformers are strict: a field that is declared as a whole number takes no text, no \`null\` and no
\`2048.0\`, one that is declared as a number with a point takes no \`1\`. The job stops when it reads the config, after it has waited
in the queue.

Wrong:

\`\`\`json
{ "rms_norm_eps": "1e-6", "initializer_range": 1 }
\`\`\`

Right:

\`\`\`json
{ "rms_norm_eps": 1e-6, "initializer_range": 0.02 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "numbers of another kind",
    config: { with: { rms_norm_eps: 1, hidden_size: "2048", attention_dropout: "0.1", use_cache: "true" } },
    plan: `
name: plan
#@ config.json 6:[24:29) | "attention_dropout": «"0.1"», | PLN2040 attention_dropout is "0.1"; transformers 5.24.0 takes a number
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 0.1" -> PLN2008, PLN2040
#@ config.json 12:[18:24) | "hidden_size": «"2048"», | PLN2008 hidden_size takes a positive whole number, not "2048"
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 27:[19:20) | "rms_norm_eps": «1», | PLN2040 rms_norm_eps is 1; transformers 5.24.0 takes a number with a point
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 1.0" -> PLN2008, PLN2040
#@ config.json 35:[16:22) | "use_cache": «"true"», | PLN2040 use_cache is "true"; transformers 5.24.0 takes true or false
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to true" -> PLN2008, PLN2040
`,
  },
  {
    name: "null, and a list in place of a number",
    config: { with: { initializer_range: null, intermediate_size: [6144] } },
    plan: `
name: plan
#@ config.json 13:[24:28) | "initializer_range": «null», | PLN2040 initializer_range is null; transformers 5.24.0 takes a number with a point
#@   help: leave initializer_range out for the default of the class
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 14:[03:22) | «"intermediate_size"»: [ | PLN2040 intermediate_size is [6144]; transformers 5.24.0 takes a whole number
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "an item of a list",
    config: { with: { mlp_only_layers: [0, "1"], eos_token_id: [151645, "151643"] } },
    plan: `
name: plan
#@ config.json 9:[03:17) | «"eos_token_id"»: [ | PLN2040 eos_token_id is a list with "151643"; transformers 5.24.0 takes a whole number, a list of whole numbers or null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 151643" -> PLN2008
#@     -     "151643"
#@     +     151643
#@ config.json 20:[03:20) | «"mlp_only_layers"»: [ | PLN2008 mlp_only_layers takes a list of whole numbers or of words, not [0,"1"]
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a number with a point, as it is written",
    config: { text: '{ "model_type": "qwen3_moe", "intermediate_size": 6144.0, "router_aux_loss_coef": 1 }' },
    plan: `
name: plan
#@ config.json 1:[17:28) | { "model_type": «"qwen3_moe"», "intermediate_size": 6144.0, "router_aux_loss_coef": 1 } | PLN2007 this qwen3_moe config lacks the key num_hidden_layers, which cannot be inferred
#@   help: take the config.json that was published with the checkpoint
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 1:[51:57) | { "model_type": "qwen3_moe", "intermediate_size": «6144.0», "router_aux_loss_coef": 1 } | PLN2040 intermediate_size is 6144.0; transformers 5.24.0 takes a whole number
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 6144" -> PLN2007, PLN2040
#@ config.json 1:[83:84) | { "model_type": "qwen3_moe", "intermediate_size": 6144.0, "router_aux_loss_coef": «1» } | PLN2040 router_aux_loss_coef is 1; transformers 5.24.0 takes a number with a point
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 1.0" -> PLN2007, PLN2040
`,
  },
  {
    name: "what the class takes and the model does not",
    config: { of: "DeepSeek-V2-Lite", with: { attention_dropout: null } },
    plan: `
name: plan
#@ config.json 6:[24:28) | "attention_dropout": «null», | PLN2040 attention_dropout is null, which the class takes and its model does not: it takes a number with a point
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "keys that every class reads",
    config: {
      with: { id2label: [], return_dict: false, output_hidden_states: "yes", dtype: [], attn_implementation: 2 },
    },
    plan: `
name: plan
#@ config.json 38:[03:13) | «"id2label"»: [], | PLN2040 id2label is []; transformers 5.24.0 takes a mapping or null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 39:[18:23) | "return_dict": «false», | PLN2040 return_dict is false; transformers 5.24.0 takes true
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 40:[27:32) | "output_hidden_states": «"yes"», | PLN2040 output_hidden_states is "yes"; transformers 5.24.0 takes true or false
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 41:[03:10) | «"dtype"»: [], | PLN2040 dtype is []; transformers 5.24.0 takes the name of a format
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 42:[26:27) | "attn_implementation": «2» | PLN2040 attn_implementation is 2; transformers 5.24.0 takes text or null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "positions under their old name",
    config: { with: { rope_scaling: "yarn" } },
    plan: `
name: plan
#@ config.json 28:[19:25) | "rope_scaling": «"yarn"», | PLN2040 rope_scaling is "yarn"; transformers 5.24.0 takes a mapping or null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "keys that the class does not know",
    shows: "nothing",
    config: { with: { nope: "nope", sliding_window: null, eos_token_id: [151645, 151643], rope_scaling: [] } },
    plan: `
name: plan
`,
  },
];
