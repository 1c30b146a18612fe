import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { namedBy } from "../../../model/read.ts";
import { suggest } from "../../../text/suggest.ts";
import { show } from "../../../text/values.ts";
import { andList, orList } from "../../../text/words.ts";
import { type ConfigPart, isIn, partsOf } from "../configs/parts.ts";
import { filledIn, headWidth, type Rope, ropesOf } from "../configs/rope.ts";
import type { ConfigFacts } from "../facts.ts";

export const PLN2043 = diagnostic("PLN2043", {
  severity: "error",
  messages: {
    default: text`${"kind"} rotary positions need ${"missing"}, which ${"key"} lacks`,
    kind: text`${"key"} is ${"kind"}; transformers ${"release"} knows ${"kinds"}`,
    value: text`${"key"} is ${"value"}; ${"kind"} rotary positions take ${"expected"}`,
    odd: text`rotary positions turn pairs of dims, and ${"key"} ${"value"} gives a head ${"width"} of them`,
    length: text`${"key"} has ${"entries"} factors for ${"pairs"} pairs of dims`,
    head_dim: text`${"kind"} rotary positions are computed from head_dim, which ${"model_type"} takes from the config alone`,
  },
});

/** Rotary positions of a kind that the release has, with the keys that this kind needs, over an even number of dims. */
export const configRope: Rule<ConfigFacts> = {
  name: "config-rope",
  *check(facts) {
    for (const part of partsOf(facts)) {
      yield* theta(facts, part);
      for (const rope of ropesOf(part)) yield* judge(facts, part, rope);
      yield* evenWidth(facts, part);
    }
  },
};

function* judge(facts: ConfigFacts, part: ConfigPart, rope: Rope): Iterable<Diagnostic> {
  const { rope: needs } = facts.release.configs;
  const { kind, keys, values } = rope;
  const related = [namedBy(facts.plan)];
  const { rope_type } = part.class_;
  if (typeof kind !== "string" || (!Object.hasOwn(needs, kind) && kind !== rope_type)) {
    const key = "rope_type" in values ? "rope_type" : "type";
    const kinds = [...Object.keys(needs), ...(rope_type === "" ? [] : [rope_type])];
    const location = part.at(...keys, key);
    const near = typeof kind === "string" ? suggest(kind, kinds) : undefined;
    const advice = near === undefined ? {} : { fixes: [replaceWith(location, JSON.stringify(near))] };
    yield PLN2043(
      location,
      { key: part.name(...keys, key), kind: show(kind, 40), release: facts.release.version, kinds: orList(kinds) },
      { variant: "kind", related, ...advice },
    );
    return;
  }
  const missing = (needs[kind] ?? []).filter((key) => !(key in values) && !filledIn.includes(key));
  if (missing.length > 0) {
    yield PLN2043(part.at(...keys), { kind, missing: andList(missing), key: part.name(...keys) }, { related });
    return;
  }
  for (const [key, value] of Object.entries(values)) {
    const expected = expectedOf(part, kind, key, value);
    if (expected === undefined) continue;
    yield PLN2043(
      part.at(...keys, key),
      { key: part.name(...keys, key), value: show(value, 40), kind, expected },
      { variant: "value", related },
    );
  }
  yield* fromHeadDim(facts, part, rope, kind);
  if (kind === "longrope") yield* factors(facts, part, rope);
}

const number = (value: unknown) => (typeof value === "number" || typeof value === "boolean" ? undefined : "a number");
const orNull = (value: unknown) => (value === null || number(value) === undefined ? undefined : "a number or null");
const list = (value: unknown) =>
  Array.isArray(value) && value.every((each) => typeof each === "number") ? undefined : "a list of numbers";
const positions = (value: unknown) => (typeof value === "number" && value !== 0 ? undefined : "a number of positions");

/** Logarithms of the base decide which frequencies are stretched. */
const base = (value: unknown) =>
  number(value) ?? (Number(value) > 0 && Number(value) !== 1 ? undefined : "a number above 0 that is not 1");

/** Kind → key → what is expected in place of a value, where that is something else. */
const expectations: Readonly<Record<string, Readonly<Record<string, (value: unknown) => string | undefined>>>> = {
  default: { rope_theta: number },
  linear: { rope_theta: number, factor: number },
  dynamic: { rope_theta: number, factor: number },
  proportional: { rope_theta: number },
  yarn: {
    rope_theta: base,
    factor: orNull,
    original_max_position_embeddings: positions,
    attention_factor: orNull,
    beta_fast: orNull,
    beta_slow: orNull,
    mscale: orNull,
    mscale_all_dim: orNull,
  },
  longrope: { rope_theta: number, short_factor: list, long_factor: list, factor: orNull },
  llama3: {
    rope_theta: number,
    factor: number,
    low_freq_factor: number,
    high_freq_factor: number,
    original_max_position_embeddings: positions,
  },
};

function expectedOf(part: ConfigPart, kind: string, key: string, value: unknown): string | undefined {
  if (key === "partial_rotary_factor") return part.class_.uses.includes(key) ? orNull(value) : undefined;
  return expectations[kind]?.[key]?.(value);
}

/** The base that stands beside the others, where they have none of their own. */
function* theta(facts: ConfigFacts, part: ConfigPart): Iterable<Diagnostic> {
  if (!part.has("rope_parameters") || !Object.hasOwn(part.config, "rope_theta")) return;
  if (part.class_.rewrites.length > 0) return;
  const ropes = ropesOf(part);
  if (ropes.length > 0 && ropes.every(({ values }) => "rope_theta" in values)) return;
  const value = part.config["rope_theta"];
  const kinds = ropes.map(({ kind }) => String(kind));
  const kind = kinds.includes("yarn") || (kinds.length === 0 && part.class_.tried.rope === "yarn") ? "yarn" : "default";
  const expected = expectations[kind]?.["rope_theta"]?.(value);
  if (expected === undefined) return;
  const values = { key: part.name("rope_theta"), value: show(value, 40), kind, expected };
  yield PLN2043(part.at("rope_theta"), values, { variant: "value", related: [namedBy(facts.plan)] });
}

/** Some kinds are computed from `head_dim` as the config has it, and null is what some classes take when it has none. */
function* fromHeadDim(facts: ConfigFacts, part: ConfigPart, { keys }: Rope, kind: string): Iterable<Diagnostic> {
  const { defaults, fields } = part.class_;
  if (!["dynamic", "yarn", "longrope", "llama3", "linear", "proportional"].includes(kind)) return;
  if (kind === "linear" || kind === "llama3" || kind === "proportional") return;
  const written = part.valueOf("head_dim");
  if (!fields.has("head_dim") || (written ?? defaults["head_dim"]) !== null) return;
  const values = { kind, model_type: String(part.config["model_type"] ?? part.class_.name) };
  yield PLN2043(part.at(...keys), values, {
    variant: "head_dim",
    help: "write head_dim into the config: hidden_size / num_attention_heads",
    related: [namedBy(facts.plan)],
  });
}

function* factors(facts: ConfigFacts, part: ConfigPart, { keys, values }: Rope): Iterable<Diagnostic> {
  const head = headWidth(part);
  if (head === undefined) return;
  const partial =
    typeof values["partial_rotary_factor"] === "number" ? values["partial_rotary_factor"] : partialOf(part);
  const pairs = Math.floor(Math.floor(head.width * partial) / 2);
  for (const key of ["short_factor", "long_factor"]) {
    const list = values[key];
    if (!Array.isArray(list) || list.length === pairs || list.some((each) => typeof each !== "number")) continue;
    yield PLN2043(
      part.at(...keys, key),
      { key: part.name(...keys, key), entries: list.length, pairs },
      { variant: "length", related: [namedBy(facts.plan)] },
    );
  }
}

function partialOf(part: ConfigPart): number {
  const written = part.valueOf("partial_rotary_factor");
  return typeof written === "number" ? written : 1;
}

/** Of a head that turns as a whole, an odd width leaves a dim without its pair. */
function* evenWidth(facts: ConfigFacts, part: ConfigPart): Iterable<Diagnostic> {
  const head = headWidth(part);
  if (!part.has("rope_parameters") || head === undefined) return;
  if (head.width % 2 === 0 ? head.width > 0 : head.width === 1 && !isIn(part.class_.tried.pairs, head.key)) return;
  // A class that turns a part of the head by default says so in its code.
  if (part.class_.uses.includes("partial_rotary_factor")) return;
  const value = part.valueOf(head.key);
  yield PLN2043(
    part.at(head.key),
    { key: part.name(head.key), value: show(value), width: head.width },
    { variant: "odd", related: [namedBy(facts.plan)] },
  );
}

export const pages = {
  PLN2043: {
    title: "rotary positions that cannot be computed",
    docs: `\`rope_parameters\` (in older files \`rope_scaling\`) says how positions are turned. Each kind needs its own keys: \`linear\` and \`dynamic\`
a \`factor\`, \`yarn\` a \`factor\`, \`llama3\` its \`low_freq_factor\` and \`high_freq_factor\` too, \`longrope\` a list of factors with one for
each pair of dims. transformers refuses a kind that lacks one, and an unknown kind stops the job when the model is built.

Wrong:

\`\`\`json
{ "rope_parameters": { "rope_type": "linear", "rope_theta": 10000.0 } }
\`\`\`

Right:

\`\`\`json
{ "rope_parameters": { "rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0 } }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a kind without its factor",
    config: { with: { rope_scaling: { type: "linear" } } },
    plan: `
name: plan
#@ config.json 28:[03:17) | «"rope_scaling"»: { | PLN2043 linear rotary positions need factor, which rope_scaling lacks
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "several keys that are missing",
    config: { with: { rope_scaling: { rope_type: "llama3", factor: 2.5 } } },
    plan: `
name: plan
#@ config.json 28:[03:17) | «"rope_scaling"»: { | PLN2043 llama3 rotary positions need high_freq_factor and low_freq_factor, which rope_scaling lacks
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "an unknown kind",
    config: { with: { rope_scaling: { rope_type: "lineer", factor: 2.5 } } },
    plan: `
name: plan
#@ config.json 29:[18:26) | "rope_type": «"lineer"», | PLN2043 rope_scaling.rope_type is "lineer"; transformers 5.24.0 knows default, dynamic, linear, llama3, longrope, proportional or yarn
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "linear"" -> fine
`,
  },
  {
    name: "no kind",
    config: { with: { rope_parameters: { rope_type: null } } },
    plan: `
name: plan
#@ config.json 39:[18:22) | "rope_type": «null» | PLN2043 rope_parameters.rope_type is null; transformers 5.24.0 knows default, dynamic, linear, llama3, longrope, proportional or yarn
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a value of another type",
    config: {
      with: {
        rope_theta: "1e6",
        rope_scaling: { rope_type: "yarn", factor: "4", original_max_position_embeddings: 0 },
      },
    },
    plan: `
name: plan
#@ config.json 30:[15:18) | "factor": «"4"», | PLN2043 rope_scaling.factor is "4"; yarn rotary positions take a number or null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 31:[41:42) | "original_max_position_embeddings": «0» | PLN2043 rope_scaling.original_max_position_embeddings is 0; yarn rotary positions take a number of positions
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 33:[17:22) | "rope_theta": «"1e6"», | PLN2043 rope_theta is "1e6"; yarn rotary positions take a number
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a head of an odd width",
    config: { with: { head_dim: 63 } },
    plan: `
name: plan
#@ config.json 10:[15:17) | "head_dim": «63», | PLN2043 rotary positions turn pairs of dims, and head_dim 63 gives a head 63 of them
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "factors for other heads",
    config: { with: { rope_scaling: { rope_type: "longrope", factor: 2.5, short_factor: [1.5], long_factor: [1.5] } } },
    plan: `
name: plan
#@ config.json 31:[05:19) | «"short_factor"»: [ | PLN2043 rope_scaling.short_factor has 1 factors for 64 pairs of dims
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 34:[05:18) | «"long_factor"»: [ | PLN2043 rope_scaling.long_factor has 1 factors for 64 pairs of dims
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a head that the config does not give",
    config: { of: "Mixtral-8x7B-v0.1", with: { rope_scaling: { rope_type: "yarn", factor: 4.5 } } },
    plan: `
name: plan
#@ config.json 29:[03:17) | «"rope_scaling"»: { | PLN2043 yarn rotary positions are computed from head_dim, which mixtral takes from the config alone
#@   help: write head_dim into the config: hidden_size / num_attention_heads
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ rest | cluster: { gpu: «h100-sxm-80gb», nodes: 1, gpus_per_node: 8 } | PLN5002 a rank needs 87.0 GiB for parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: parameters 21.7 GiB, gradients 21.7 GiB, optimizer 43.5 GiB: it would fit with precision.parameters: bfloat16 (53.2 GiB) or optim: rmsprop (74.6 GiB)
#@   fix "write optim: rmsprop" -> PLN2043
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { save_strategy: no, optim: rmsprop, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "kinds with all that they need",
    shows: "nothing",
    config: { with: { rope_scaling: { rope_type: "yarn", factor: 4.5, original_max_position_embeddings: 32768 } } },
    plan: `
name: plan
`,
  },
];
