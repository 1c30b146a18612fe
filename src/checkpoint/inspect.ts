import { Findings, type Result } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { Host } from "../host.ts";
import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import type { Parameter } from "../model/model.ts";
import type { ExpertSizes, Storage } from "../model/storage.ts";
import { storages } from "../model/storages.ts";
import { parametersOf } from "../model/table.ts";
import type { LayoutName } from "../plan/types.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { orList } from "../text/words.ts";
import { judgeDense } from "./dense.ts";
import { type Checkpoint, readFolder } from "./folder.ts";
import { judgeExperts } from "./judge.ts";
import { layersOf, type StoredLayer } from "./layout.ts";
import { nameIn } from "./slots.ts";
import { type Sorted, sortTensors } from "./sort.ts";

/** One set of experts: what config.json says of it, and how it is stored. */
export interface InspectedSet {
  readonly sizes: ExpertSizes;
  readonly layers: readonly StoredLayer[];
}

/** What a checkpoint folder holds, as far as its headers and its config.json tell. */
export interface Inspected {
  readonly checkpoint: Checkpoint;
  readonly model_type: string | undefined;
  readonly sorted: Sorted;
  /** Empty where planc does not know how the family stores its experts. */
  readonly sets: readonly InspectedSet[];
  /** How all experts are stored; undefined where there are none, or several layouts. */
  readonly layout: LayoutName | undefined;
}

/** Reads and judges a checkpoint folder: its files, its index, its experts. No weights are read. */
export function inspectCheckpoint(host: Host, folder: string): Result<Inspected> {
  const findings = new Findings();
  const checkpoint = findings.take(readFolder(host, folder));
  const config = findings.take(readConfig(host, folder));
  if (checkpoint === undefined) return { value: undefined, diagnostics: findings.all };
  const { storage } = config ?? {};
  const sorted = sortTensors(checkpoint, storage, config?.layers);
  const sets = (config?.sizes ?? []).map((sizes, index) => ({
    sizes,
    layers: layersOf(
      sorted.experts[index] ?? { slots: [], layers: new Map() },
      sizes,
      storage?.published ?? "per_expert",
    ),
  }));
  const isEmpty = sets.every(({ layers }) => layers.length === 0);
  if (!isEmpty) {
    for (const { layers, sizes } of sets) findings.add(...judgeExperts(folder, layers, sizes, checkpoint.isWhole));
    findings.add(...judgeDense(checkpoint, config?.parameters ?? []));
  } else if (checkpoint.isWhole && storage !== undefined && sets.length > 0) {
    const values = { model_type: storage.model_type, tensor: firstName(sorted, sets, storage) };
    findings.add(report("PLN2112", fileStart(folder), values, { variant: "none" }));
  }
  const layouts = new Set(
    sets.flatMap(({ layers }) =>
      layers.flatMap(({ layout, stray }) => (stray === undefined ? [layout] : [layout, stray.layout])),
    ),
  );
  const [layout] = layouts.size === 1 ? layouts : [];
  return { value: { checkpoint, model_type: config?.model_type, sorted, sets, layout }, diagnostics: findings.all };
}

interface Config {
  readonly model_type: string;
  readonly storage?: Storage;
  /** Of each of the storage's sets of experts; none where the config is wrong. */
  readonly sizes: readonly ExpertSizes[];
  /** How many layers the model has, where the config says so. */
  readonly layers: number | undefined;
  /** The table of what the model consists of, where planc has one that speaks of what is stored. */
  readonly parameters?: readonly Parameter[];
}

function readConfig(host: Host, folder: string): Result<Config> {
  const findings = new Findings();
  const file = `${folder}/config.json`;
  const nothing = () => ({ value: undefined, diagnostics: findings.all });
  const source = findings.take(readSource(host, file, "json"));
  if (source === undefined) return nothing();
  const config = source.value;
  if (!isMapping(config)) {
    findings.add(report("PLN2001", source.at([]), { file }));
    return nothing();
  }
  const model_type = config["model_type"];
  const supported = orList([...storages.keys()].sort());
  if (typeof model_type !== "string") {
    findings.add(report("PLN2002", source.at([]), { supported }));
    return nothing();
  }
  const storage = storages.get(model_type);
  const layers = layerCount(config, storage?.language ?? ["text_config"]);
  if (storage === undefined) {
    findings.add(report("PLN2116", source.at(["model_type"]), { model_type, supported }));
    return { value: { model_type, sizes: [], layers }, diagnostics: findings.all };
  }
  const sizes = findings.take(sizesIn(source, config, storage)) ?? [];
  const parameters = findings.ok ? tableOf(source, config, model_type) : [];
  return { value: { model_type, storage, sizes, layers, parameters }, diagnostics: findings.all };
}

function sizesIn(source: Source, config: Readonly<Record<string, unknown>>, storage: Storage): Result<ExpertSizes[]> {
  const reader = new ConfigReader(source, config, storage.model_type);
  const value = storage.experts.map((experts) => experts.sizes(reader));
  const diagnostics = reader.problems();
  return { value: diagnostics.length === 0 ? value : undefined, diagnostics };
}

/** Formats that leave a weight its shape. */
const unpacked: ReadonlySet<unknown> = new Set([undefined, "fp8", "mxfp4"]);

function tableOf(source: Source, config: Readonly<Record<string, unknown>>, model_type: string): readonly Parameter[] {
  const quantization = config["quantization_config"];
  const family = families.get(model_type);
  if (family === undefined || (isMapping(quantization) && !unpacked.has(quantization["quant_method"]))) return [];
  return parametersOf(family.build(new ConfigReader(source, config, model_type)), {}, "");
}

/** Of the language model, which may be a part of the model. */
function layerCount(config: Readonly<Record<string, unknown>>, language: readonly string[]): number | undefined {
  const own = config["num_hidden_layers"] ?? config["num_layers"];
  if (typeof own === "number") return own;
  const [key, ...rest] = language;
  const part = key === undefined ? undefined : config[key];
  return isMapping(part) ? layerCount(part, rest) : undefined;
}

/** A name that an expert of the published layout has. */
function firstName({ experts }: Sorted, sets: readonly InspectedSet[], { published }: Storage): string {
  const slot = experts[0]?.slots.find(({ layout }) => layout === published);
  return slot === undefined ? "" : nameIn(slot, sets[0]?.sizes.layers[0] ?? 0, 0);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
