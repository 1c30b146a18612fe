import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { families } from "../model/families.ts";
import type { ExpertSizes, Storage } from "../model/storage.ts";
import { parametersOf } from "../model/table.ts";
import type { Source } from "../source/source.ts";
import { isMapping } from "../text/values.ts";
import { type Defects, defectsOf, wantedDims } from "./defects.ts";
import { type Compared, compareDense } from "./dense.ts";
import { layersOf, type StoredLayer } from "./layout.ts";
import type { Named } from "./names.ts";
import { type Sorted, sortTensors } from "./sort.ts";
import { Table } from "./table.ts";
import { type Trace, TracingReader } from "./tracing.ts";

export type Tree = Readonly<Record<string, unknown>>;

/** One set of experts: what config.json says of it, and how it is stored. */
export interface InspectedSet {
  readonly sizes: ExpertSizes;
  readonly layers: readonly StoredLayer[];
}

/** A checkpoint's tensors set against one config.json. */
export interface Reading {
  readonly config: Tree;
  readonly sorted: Sorted;
  readonly sets: readonly InspectedSet[];
  readonly table: Table;
  readonly dense: Compared;
  readonly defects: Defects;
  readonly wanted: ReadonlyMap<string, number>;
  /** The keys that names and shapes depend on. */
  readonly traces: readonly Trace[];
  /** Of the language model, where the config says so. */
  readonly numLayers: number | undefined;
  /** What keeps the config from being used; the sets are empty then. */
  readonly problems: readonly Diagnostic[];
}

/** Sets tensors against a config.json of a family whose storage planc knows. */
export function read(names: readonly Named[], source: Source, config: Tree, storage: Storage): Reading {
  const reader = new TracingReader(source, config, storage.model_type);
  const numLayers = layerCount(config, storage.language ?? ["text_config"]);
  const sizes = storage.experts.map((experts) => experts.sizes(reader));
  const problems = reader.problems();
  const { traces } = reader;
  if (problems.length > 0) return { ...unusable, config, traces, numLayers, problems };
  const sorted = sortTensors(names, storage, numLayers);
  const sets = sizes.map((each, index) => ({
    sizes: each,
    layers: layersOf(sorted.experts[index] ?? { slots: [], layers: new Map() }, each, storage.published),
  }));
  const family = families.get(storage.model_type);
  const table = new Table(family?.compared !== true ? [] : parametersOf(family.build(reader), {}, ""));
  // Without a table nothing can be said of what stands beside the experts.
  const dense = table.rows.length === 0 ? nothing : compareDense(sorted, table, family?.unread ?? []);
  const defects = defectsOf(dense, sets);
  return { config, sorted, sets, table, dense, defects, wanted: wantedDims(table, sets), traces, numLayers, problems };
}

const nothing: Compared = { missing: [], misshapen: [], unread: [], found: [] };

const unusable = {
  sorted: { experts: [], scales: [], extra: [], others: [], behind: [], beside: [] },
  sets: [],
  table: new Table([]),
  dense: nothing,
  defects: { counts: new Map<string, number>(), dims: [] },
  wanted: new Map<string, number>(),
};

/** Layers of which nothing is there, neither experts nor what stands beside them. */
export function lostLayers({ dense, table, sets, numLayers = 0 }: Reading): number[] {
  const held = new Set(sets.flatMap(({ layers }) => layers.map(({ layer }) => layer)));
  const rows = table.rows.map(({ layers }) => ({ layers: [...(layers ?? [])] }));
  const inLayer = (layer: number, gaps: readonly { readonly layers: readonly number[] }[]) =>
    gaps.filter(({ layers }) => layers.includes(layer)).length;
  return Array.from({ length: numLayers }, (_, layer) => layer).filter(
    (layer) => !held.has(layer) && inLayer(layer, rows) > 0 && inLayer(layer, dense.missing) === inLayer(layer, rows),
  );
}

/** Of the language model, which may be a part of the model. */
export function layerCount(config: Tree, language: readonly string[]): number | undefined {
  const own = config["num_hidden_layers"] ?? config["num_layers"];
  if (typeof own === "number") return own;
  const [key, ...rest] = language;
  const part = key === undefined ? undefined : config[key];
  return isMapping(part) ? layerCount(part, rest) : undefined;
}
