import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import type { Model } from "../model/model.ts";
import { isMapping } from "../text/values.ts";
import type { Folded } from "./fold.ts";

type Config = Readonly<Record<string, unknown>>;

/** Widths of a toy, by the names that families give them. Rows are multiples of 16 bytes; no two mean the same by chance. */
const widths = {
  hidden_size: 64,
  intermediate_size: 48,
  moe_intermediate_size: 24,
  shared_expert_intermediate_size: 40,
  vocab_size: 160,
  head_dim: 16,
  kv_lora_rank: 24,
  q_lora_rank: 32,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 8,
  v_head_dim: 16,
  max_position_embeddings: 256,
  sliding_window: 24,
  num_nextn_predict_layers: 0,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
} as const;

/**
 * Of the towers, which no row of text runs: small, and able to be built. Families read those of these keys that they have; the
 * rest does no harm.
 */
function towerToy(hidden: number): Config {
  return {
    hidden_size: 32,
    num_hidden_layers: 1,
    depth: 1,
    num_heads: 2,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    head_dim: 16,
    global_head_dim: 16,
    intermediate_size: 24,
    patch_size: 4,
    image_size: 16,
    num_position_embeddings: 16,
    deepstack_visual_indexes: [0],
    moe_intermediate_size: 12,
    shared_expert_intermediate_size: 28,
    num_experts: 8,
    num_experts_per_tok: 2,
    thinker_hidden_size: hidden,
    decoder_dim: 32,
    d_model: 32,
    encoder_layers: 1,
    encoder_attention_heads: 2,
    encoder_ffn_dim: 24,
    downsample_hidden_size: 8,
    out_hidden_size: hidden,
    output_dim: hidden,
    text_hidden_size: hidden,
  };
}

/** How wide the language model is in the families' own small configs. */
const smallWidth = 48;

/** A toy's config.json: the whole model's with some keys changed and some left out. */
export interface ToyConfig {
  /** As it is written: JavaScript's numbers would not tell 7.0 from 7, and transformers does. */
  readonly text: string;
  readonly changes: Config;
  readonly without: readonly string[];
}

/** What planc itself reads of a toy's config.json. */
export function merged({ text, changes, without }: ToyConfig): Config {
  const whole = Object.entries(within(JSON.parse(finite(text)), changes));
  return Object.fromEntries(whole.filter(([name]) => !without.includes(name)));
}

/** Python writes Infinity, which is no JSON: in its place a number as good as that. */
function finite(text: string): string {
  return text.replaceAll(/(?<=[[,:]\s*-?)Infinity\b/g, "1e308");
}

/** With changes in its parts, too: what stands beside them there stays. */
function within(config: Config, changes: Config): Config {
  const inner = Object.entries(changes).map(([name, value]) => {
    const before = config[name];
    return [name, isMapping(value) && isMapping(before) ? within(before, value) : value] as const;
  });
  return { ...config, ...Object.fromEntries(inner) };
}

/** The same as a text in which numbers keep the point that the whole model's config writes: strict classes tell 7.0 from 7. */
export function mergedText(toy: ToyConfig): string {
  const published = finite(toy.text);
  const written = [...published.matchAll(/"(\w+)"\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g)];
  const pointed = new Map(
    written
      .filter(([, , number = ""]) => /[.eE]/.test(number) && Number.isInteger(Number(number)))
      .map(([, key, number]) => [`"${key}": ${Number(number)}`, `"${key}": ${Number(number).toFixed(1)}`]),
  );
  const lists = new Map(
    [...published.matchAll(/"(\w+)"\s*:\s*(\[[-+.\deE,\s]*\d\.0[-+.\deE,\s]*\])/g)].map(([, key, list = ""]) => [
      `"${key}": ${JSON.stringify(JSON.parse(list))}`,
      `"${key}": ${list}`,
    ]),
  );
  return JSON.stringify(merged(toy), null, 2)
    .replaceAll(/"\w+": -?\d+(?![\d.eE])/g, (pair) => pointed.get(pair) ?? pair)
    .replaceAll(/("\w+"): (\[[-+.\deE,\s]*\])/g, (pair, key, list) => {
      return lists.get(`${key}: ${JSON.stringify(JSON.parse(list))}`) ?? pair;
    });
}

/**
 * The config.json of a model of the same structure at toy size: dense layers and MoE layers, shared experts, biases,
 * tied embeddings and key-value groups stay, widths shrink, and every rank of the folded mesh keeps more than one expert.
 */
export function toyConfig(model: Model, mesh: Folded, layers: number | undefined): ToyConfig {
  const published = model.config.value as Config;
  const path = families.get(model.model_type)?.language ?? [];
  const whole = partAt(published, path);
  const { num_experts, num_experts_per_tok } = model.sizes;
  const efsdp = (mesh.fsdp_size * mesh.tp_size) / mesh.ep_size;
  const experts = Math.max(2 * mesh.ep_size * efsdp, 8);
  const topK = Math.min(num_experts_per_tok, num_experts === num_experts_per_tok ? experts : experts / 2, 4);
  const toy: Record<string, unknown> = { dtype: "float32" };
  for (const [name, width] of Object.entries(widths)) if (isNumber(whole[name])) toy[name] = width;
  const { num_attention_heads: heads, num_key_value_heads: groups } = model.sizes;
  toy["num_attention_heads"] = 4 * mesh.tp_size;
  if ("num_key_value_heads" in whole) toy["num_key_value_heads"] = (heads === groups ? 4 : 2) * mesh.tp_size;
  if (whole["head_dim"] === undefined && whole["kv_lora_rank"] === undefined) toy["hidden_size"] = 64 * mesh.tp_size;
  // Of tied embeddings every rank keeps as many rows as the others, as in the plan's own mesh.
  const shards = mesh.fsdp_size * mesh.tp_size;
  if (model.tied) toy["vocab_size"] = shards * Math.ceil(widths.vocab_size / shards);
  toy[model.keyOf("num_experts")] = experts;
  toy[model.keyOf("num_experts_per_tok")] = topK;
  for (const other of ["num_experts", "num_local_experts", "n_routed_experts"])
    if (isNumber(whole[other])) toy[other] = experts;
  if (isNumber(whole["n_group"])) toy["n_group"] = whole["n_group"] > 1 ? 2 : 1;
  if (isNumber(whole["topk_group"])) toy["topk_group"] = 1;
  Object.assign(toy, rotary(whole, toy));
  if (path.length > 0 && isMapping(whole["quantization_config"])) toy["quantization_config"] = null;

  if (isNumber(whole["first_k_dense_replace"]))
    toy["first_k_dense_replace"] = Math.min(1, whole["first_k_dense_replace"]);
  if (Array.isArray(whole["mlp_only_layers"]))
    toy["mlp_only_layers"] = whole["mlp_only_layers"].filter((layer) => layer === 0);
  addOwn(toy, whole, model);
  const depth = layers ?? depthOf(model, within(published, inPart(published, path, toy, {})), path);
  toy[model.keyOf("num_hidden_layers")] = depth;
  if (isNumber(whole["max_window_layers"])) toy["max_window_layers"] = depth;
  for (const [name, value] of Object.entries({ ...whole, ...toy })) {
    if (Array.isArray(value) && name in perLayer(model, whole, toy)) toy[name] = value.slice(0, depth);
  }
  const without = ["quantization_config", "torch_dtype", "auto_map", "transformers_version", ...replaced];
  const small = families.get(model.model_type)?.toy ?? {};
  const changes = inPart(published, path, { hidden_size: whole["hidden_size"], ...toy }, small);
  return { text: model.config.text, changes: { dtype: "float32", ...changes }, without };
}

/** How many layers a toy's config.json says. */
export function layersOf(model: Model, config: Config): number {
  const text = partAt(config, families.get(model.model_type)?.language ?? []);
  return Number(text[model.keyOf("num_hidden_layers")]);
}

/** What is said of rotary positions by the pairs of dims that they turn. */
function rotary(whole: Config, toy: Config): Config {
  const dims = Number(toy["head_dim"] ?? widths.head_dim);
  const { rotary_dim, head_dim } = whole;
  const turned = isNumber(rotary_dim) && isNumber(head_dim) ? { rotary_dim: (dims * rotary_dim) / head_dim } : {};
  const factors = Object.entries(whole).flatMap(([key, value]) => {
    if (!isMapping(value) || !Array.isArray(value["short_factor"])) return [];
    const cut = (name: string) => (Array.isArray(value[name]) ? value[name].slice(0, dims / 2) : value[name]);
    return [[key, { ...value, short_factor: cut("short_factor"), long_factor: cut("long_factor") }] as const];
  });
  return { ...turned, ...Object.fromEntries(factors) };
}

/** Keys of older configs, for which a toy has others. */
const replaced = ["hybrid_override_pattern", "linear_attn_config"];
const emptied = [
  "sparse_attention_config",
  "attention_other_setting",
  "compress_ratios",
  "moe_layers_enum",
  "index_topk_pattern",
];

/** What the family's own small config has, and the rules above have not: its lists show every kind of layer. */
function addOwn(toy: Record<string, unknown>, whole: Config, model: Model): void {
  const small = smallText(model);
  for (const name of emptied) if (whole[name] !== undefined) toy[name] = null;
  for (const [name, value] of Object.entries(small)) {
    if (name in toy || name === model.keyOf("num_hidden_layers") || kept.has(name)) continue;
    const isFree = whole[name] === undefined || whole[name] === null;
    if (isNumber(value) && (isFree || isNumber(whole[name]))) toy[name] = value;
    if (Array.isArray(value) && name !== "mlp_only_layers") toy[name] = value;
    if (isMapping(value)) toy[name] = value;
  }
  if ("rope_parameters" in small && whole["rope_scaling"] !== undefined) toy["rope_scaling"] = null;
}

/** Keys whose absence means something, and which a toy has as the model has them. */
const kept: ReadonlySet<string> = new Set([
  "decoder_sparse_step",
  "head_dim",
  "n_group",
  "topk_group",
  "sliding_window",
]);

/** The language model of the family's own small config. */
function smallText(model: Model): Config {
  const family = families.get(model.model_type);
  return partAt(family?.toy ?? {}, family?.language ?? []);
}

function partAt(config: Config, path: readonly string[]): Config {
  const part = path.reduce<unknown>((at, key) => (isMapping(at) ? at[key] : undefined), config);
  return isMapping(part) ? part : {};
}

/** Lists that say something of every layer. */
function perLayer(model: Model, whole: Config, toy: Config): Config {
  const count = model.sizes.num_hidden_layers;
  const small = Number(smallText(model)["num_hidden_layers"]);
  const long = (list: unknown, length: number) => Array.isArray(list) && list.length >= length;
  return Object.fromEntries(
    Object.entries({ ...whole, ...toy }).filter(([name, list]) => long(list, name in toy ? small : count)),
  );
}

/** The fewest layers that show every kind of layer that a small model has. */
function depthOf(model: Model, config: Config, path: readonly string[]): number {
  const family = families.get(model.model_type);
  const small = Math.min(Number(smallText(model)["num_hidden_layers"] ?? 6), model.sizes.num_hidden_layers);
  const deep = path.reduceRight<Config>((part, key) => ({ [key]: part }), {
    [model.keyOf("num_hidden_layers")]: small,
  });
  const value = within(config, deep);
  const blueprint = family?.build(new ConfigReader(model.config, value, model.model_type));
  const kinds = Array.from({ length: small }, (_, layer) =>
    (blueprint?.rows ?? [])
      .filter(({ layers }) => layers?.includes(layer))
      .map(({ name, shape }) => `${name} ${shape.join()}`)
      .join(),
  );
  return Math.max(2, ...[...new Set(kinds)].map((kind) => kinds.indexOf(kind) + 1));
}

/**
 * A toy's changes where the text model is described, and towers at toy size beside it.
 *
 * @param small the family's own small config, which has what its towers are built with.
 */
function inPart(config: Config, [key, ...rest]: readonly string[], toy: Config, small: Config): Config {
  if (key === undefined) return toy;
  const hidden = Number(toy["hidden_size"]);
  const towers = partsOf(config).filter((name) => name !== key);
  return {
    ...Object.fromEntries(towers.map((name) => [name, towerOf(config[name] as Config, partAt(small, [name]), hidden)])),
    [key]: inPart(config[key] as Config, rest, toy, partAt(small, [key])),
  };
}

/** Keys of the parts of a config. */
function partsOf(config: Config): string[] {
  const parts = Object.keys(config).filter((name) => isMapping(config[name]) && /_config$/.test(name));
  return parts.filter((name) => name !== "quantization_config" && name !== "generation_config");
}

/** A tower at toy size, with its own parts; what it hands to the language model is as wide as that. */
function towerOf(tower: Config, small: Config, hidden: number): Config {
  const own = Object.entries(small).filter(([, value]) => !isMapping(value));
  const sized = own.map(([name, value]) => [name, value === smallWidth ? hidden : value]);
  const depth = Number(small["num_hidden_layers"] ?? 1);
  const lists = Object.entries(tower).flatMap(([name, value]) =>
    Array.isArray(value) && value.length === tower["num_hidden_layers"] ? [[name, value.slice(0, depth)] as const] : [],
  );
  const parts = partsOf(tower).map((name) => [name, towerOf(tower[name] as Config, partAt(small, [name]), hidden)]);
  return { ...towerToy(hidden), ...Object.fromEntries([...lists, ...sized, ...parts]) };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
