import type { ConfigReader } from "./config.ts";
import type { Blueprint, Family, Row } from "./family.ts";
import type { TableSizes } from "./model.ts";
import { type CompositeRecord, type FamilyRecord, isComposite, type TextRecord } from "./record.ts";
import { Values } from "./values.ts";

/** Finds the record of another type. */
type Find = (model_type: string) => FamilyRecord | undefined;

/** The family of a record. `find`: the records of the language models in models of several parts. */
export function familyOf(record: FamilyRecord, find: Find): Family {
  const part = partOf(record);
  const text = (config: ConfigReader) => textOf(record, config, find);
  return {
    model_type: record.model_type,
    architecture: record.architecture,
    published: record.published,
    layouts: record.layouts,
    beside: record.beside ?? [],
    unread: record.unread ?? [],
    compared: record.compared === true,
    others: isComposite(record) ? (record.others ?? []) : [],
    language: part,
    text_type: isComposite(record) ? record.text.type : record.model_type,
    toy: toyOf(record, find),
    build: (config) => build(record, text(config), part, config),
    languageOf: (config, defaults = {}) => {
      const own = text(config);
      const values = new Values(within(config, part), { ...own, defaults: { ...defaults, ...own.defaults } });
      values.layers = Number(values.get(own.sizes?.["num_hidden_layers"] ?? "num_hidden_layers") ?? 0);
      return { model_type: own.model_type, values };
    },
    perToken: (config) => {
      const own = text(config);
      const values = new Values(within(config, part), own);
      const name = own.sizes?.["num_experts_per_tok"] ?? "num_experts_per_tok";
      const key = values.keyOf(name);
      return { key, size: Number(values.get(name)) };
    },
  };
}

function partOf(record: FamilyRecord): readonly string[] {
  return isComposite(record) ? record.text.config : [];
}

function within(config: ConfigReader, part: readonly string[]): ConfigReader {
  return part.reduce((reader, key) => reader.within(key), config);
}

/** The record of the language model: of the type that its own config names, where planc knows it. */
function textOf(record: FamilyRecord, config: ConfigReader, find: Find): TextRecord {
  if (!isComposite(record)) return record;
  const named = config.raw([...record.text.config, "model_type"]);
  const own = typeof named === "string" ? find(named) : undefined;
  const found = own !== undefined && !isComposite(own) ? own : find(record.text.type);
  if (found === undefined || isComposite(found)) throw new Error(`${record.model_type} has no language model`);
  return found;
}

function toyOf(record: FamilyRecord, find: Find): Family["toy"] {
  if (!isComposite(record)) return record.toy;
  const text = find(record.text.type);
  const whole = { ...record.toy, text_config: { model_type: record.text.type, ...text?.toy } };
  return record.within === undefined ? whole : { [record.within]: whole };
}

function build(record: FamilyRecord, text: TextRecord, part: readonly string[], config: ConfigReader): Blueprint {
  const values = new Values(within(config, part), text);
  const key = (size: string) => text.sizes?.[size] ?? size;
  const size = (name: string) => Number(values.get(key(name)) ?? 0);
  const count = size("num_hidden_layers");
  values.layers = count;
  const name = isComposite(record) ? namer(record) : plain;
  const rows = text.tensors.flatMap((tensor): Row[] => {
    const at = layersWhere(tensor.name, tensor.when, values, count);
    if (at !== null && at.length === 0) return [];
    if (at === null && !values.holds(tensor.when)) return [];
    const own = name(tensor.name, "memory");
    const stored = name(tensor.stored ?? tensor.name, "stored");
    const row = { name: own, kind: tensor.kind, ...(stored === own ? {} : { stored }) };
    const buffer = tensor.buffer ? { buffer: true as const } : {};
    return [...byShape(at, (layer) => tensor.shape.map((dim) => values.size(dim, layer)))].map(([shape, layers]) => ({
      ...row,
      shape,
      layers,
      ...buffer,
    }));
  });
  const modules = text.modules
    // What stands beside the base model in the class of the language model alone is not in the whole's.
    .filter(([module]) => !isComposite(record) || module.startsWith("model."))
    .filter(([module, when]) => layersWhere(module, when, values, count)?.length ?? values.holds(when))
    .map(([module]) => name(module, "memory"));
  const down = rows.find((row) => row.kind === "expert" && /down_proj$|fc2\.weight$/.test(row.name));
  const moeLayers = [...new Set(rows.filter(({ kind }) => kind === "expert").flatMap(({ layers }) => layers ?? []))];
  const has = (name: string) => text.tensors.some(({ shape }) => shape.some((dim) => dim.includes(name)));
  const sizes: TableSizes = {
    hidden_size: size("hidden_size"),
    num_hidden_layers: count,
    vocab_size: size("vocab_size"),
    num_attention_heads: size("num_attention_heads"),
    num_key_value_heads: size("num_key_value_heads") || size("num_attention_heads"),
    head_dim: has("head_dim") && !has("kv_lora_rank") ? size("head_dim") : undefined,
    num_experts: down?.shape[0] ?? size("num_experts"),
    moe_intermediate_size: size("moe_intermediate_size"),
  };
  const names = ["num_experts", "moe_intermediate_size", "num_experts_per_tok", "num_hidden_layers"];
  const towers = isComposite(record) ? towersOf(record, config) : { towers: [], towerParameters: [], towerSize: 0 };
  return {
    rows,
    modules,
    moeLayers: moeLayers.sort((a, b) => a - b),
    sizes,
    base: isComposite(record) ? record.text.memory[0].replace(/\.$/, "") : "model",
    part,
    keys: Object.fromEntries(names.map((each) => [each, values.keyOf(key(each))])),
    tied: isTied(record, values, config),
    ...towers,
  };
}

/** A head that shares the embedding's matrix. Of a model of several parts the whole's own flag decides. */
function isTied(record: FamilyRecord, values: Values, config: ConfigReader): boolean {
  // A class that cannot tie them has no such key in its record.
  if (!isComposite(record))
    return "tie_word_embeddings" in record.defaults && values.get("tie_word_embeddings") === true;
  const whole = new Values(record.within === undefined ? config : config.within(record.within), record);
  return (whole.get("tie_word_embeddings") ?? values.get("tie_word_embeddings")) === true;
}

/** The layers for which a condition holds; null of what stands outside the layers. */
function layersWhere(name: string, when: string | undefined, values: Values, count: number): number[] | null {
  if (!name.includes("{layer}")) return null;
  return Array.from({ length: count }, (_, layer) => layer).filter((layer) => values.holds(when, layer));
}

/** Layers with one shape each: of most tensors all. */
function byShape(layers: readonly number[] | null, shapeAt: (layer: number) => readonly number[]) {
  if (layers === null) return [[shapeAt(0), null] as const];
  const found = new Map<string, [readonly number[], number[]]>();
  for (const layer of layers) {
    const shape = shapeAt(layer);
    const known = found.get(shape.join());
    if (known === undefined) found.set(shape.join(), [shape, [layer]]);
    else known[1].push(layer);
  }
  return [...found.values()];
}

function plain(name: string): string {
  return name;
}

/** The language model's names in a model of several parts. */
function namer({ text }: CompositeRecord): (name: string, where: "memory" | "stored") => string {
  return (name, where) => {
    const [model, head] = text[where];
    if (name.startsWith("lm_head.")) return head + name.slice("lm_head.".length);
    return name.startsWith("model.") ? model + name.slice("model.".length) : name;
  };
}

function towersOf(record: CompositeRecord, config: ConfigReader): Towers {
  const whole = record.within === undefined ? config : config.within(record.within);
  const values = new Values(whole, record);
  const towers = new Set<string>();
  let towerSize = 0;
  for (const { name, shape, when, repeat } of record.towers) {
    if (!values.holds(when)) continue;
    towers.add(towerOf(name));
    towerSize += shape.reduce((size, dim) => size * values.size(dim), repeat === undefined ? 1 : values.size(repeat));
  }
  const names = new Set(record.towers.map(({ name }) => name));
  const paths = [...towers].flatMap((tower) => [...lastNorms(tower, names), tower]);
  return { towers: paths, towerParameters: paths.filter((path) => names.has(path)), towerSize };
}

type Towers = Pick<Blueprint, "towers" | "towerParameters" | "towerSize">;

/** Last norms in a tower that is built as a language model is, or holds one: the release shards each as a unit of its own. */
function lastNorms(tower: string, names: ReadonlySet<string>): string[] {
  return [...names].flatMap((name) => {
    const around = /^(.*)\.norm\.weight$/.exec(name)?.[1];
    if (around === undefined || !`${around}.`.startsWith(`${tower}.`) || around.includes("{layer}")) return [];
    const isEncoder = around === tower || [...names].some((other) => other.startsWith(`${around}.layers.{layer}.`));
    return isEncoder ? [`${around}.norm`] : [];
  });
}

/** "model.visual.blocks.0.norm.weight" → "model.visual"; a bare parameter is its own. */
function towerOf(name: string): string {
  const parts = name.split(".");
  return parts.slice(0, Math.min(2, parts.length)).join(".");
}
