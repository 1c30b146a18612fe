import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2101, PLN2110 } from "../diagnostics/catalogue/checkpoint-files.ts";
import { PLN2130, PLN2131 } from "../diagnostics/catalogue/weights.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { readSource } from "../source/read.ts";
import { fileStart } from "../text/location.ts";
import { count, plural } from "../text/words.ts";
import { type Header, readHeader } from "./header.ts";
import { type Index, indexName, readIndex } from "./index.ts";
import { misplaced } from "./misplaced.ts";
import { missing, single, unnamed } from "./named-files.ts";
import { shown } from "./scanner.ts";
import type { StoredTensor } from "./tensors.ts";
import { few } from "./words.ts";

const adapter = "adapter_model.safetensors";

/** A file of weights. */
export interface CheckpointFile {
  readonly name: string;
  /** Of the whole file, in bytes. */
  readonly size: number;
  readonly tensors: readonly StoredTensor[];
}

/** What a checkpoint folder holds. */
export interface Checkpoint {
  readonly folder: string;
  /** Sorted by name; only those that can be read. */
  readonly files: readonly CheckpointFile[];
  /** Whether no tensor is known to be missing: else it would be reported a second time for what it belongs to. */
  readonly isWhole: boolean;
}

/** Reads the index and the headers of a checkpoint. Undefined where the folder holds none. */
export function readFolder(host: Host, folder: string): Result<Checkpoint> {
  const findings = new Findings();
  const path = (name: string) => `${folder}/${name}`;
  const present = host.list(folder).filter((name) => name.endsWith(".safetensors") && !name.startsWith("."));
  const hasIndex = host.list(folder).includes(indexName);
  const isAdapter = !hasIndex && present.includes(adapter) && !present.includes(single);
  const index = hasIndex ? findings.take(readIndex(host, path(indexName))) : undefined;

  const here = index?.files.filter((name) => host.stat(path(name)).ok) ?? [];
  if (index !== undefined) findings.add(...unnamed(folder, present, index), ...missing(folder, here, index));
  else if (isAdapter) findings.add(loneAdapter(host, folder));
  else if (!hasIndex && present.length === 0) findings.add(PLN2110(fileStart(folder), { folder, index: indexName }));
  else if (!hasIndex && !present.includes(single)) {
    const values = { folder, files: plural(present.length, "safetensors file"), index: indexName };
    findings.add(PLN2110(fileStart(folder), values, { variant: "unindexed" }));
  }
  const wanted = isAdapter
    ? []
    : index === undefined
      ? present.includes(single) && !hasIndex
        ? [single]
        : present
      : here;
  const headers = new Map<string, Header>();
  const broken: Diagnostic[] = [];
  for (const name of wanted) {
    const { value, diagnostics } = readHeader(host, path(name));
    if (value !== undefined) headers.set(name, value);
    broken.push(...diagnostics);
  }
  findings.add(
    ...few(
      broken,
      (diagnostic) => diagnostic,
      (more) => PLN2101(fileStart(folder), { folder, more }, { variant: "more" }),
    ),
  );
  findings.add(...misplaced(folder, headers, index));
  const files = [...headers].map(([name, { size, tensors }]) => ({ name, size, tensors }));
  if (findings.ok) findings.add(...otherSize(folder, files, index));
  const isEmpty = wanted.length === 0 && index === undefined;
  return { value: isEmpty ? undefined : { folder, files, isWhole: findings.ok }, diagnostics: findings.all };
}

/** An adapter's folder, which is often taken for the model's. */
function loneAdapter(host: Host, folder: string): Diagnostic {
  const { value } = readSource(host, `${folder}/adapter_config.json`, "json");
  const config = value?.value;
  const named = typeof config === "object" && config !== null && "base_model_name_or_path" in config;
  const base = named && typeof config.base_model_name_or_path === "string" ? config.base_model_name_or_path : undefined;
  return PLN2131(fileStart(folder), {
    folder,
    base: base === undefined ? "" : ` (its base is ${shown(base)})`,
  });
}

function otherSize(folder: string, files: readonly CheckpointFile[], index: Index | undefined): Diagnostic[] {
  if (index?.totalSize === undefined) return [];
  const have = files.reduce((all, { tensors }) => tensors.reduce((sum, { begin, end }) => sum + end - begin, all), 0);
  if (have === index.totalSize) return [];
  const values = { index: indexName, said: count(index.totalSize), have: count(have) };
  return [PLN2130(fileStart(`${folder}/${indexName}`), values)];
}

export const examples: Examples = {
  PLN2101: {
    config: "toy",
    files: {},
    json: { header: "model/model.safetensors" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2121"] },
  },
  PLN2130: {
    config: "toy",
    files: { "model/model-00001-of-00001.safetensors": { tensors: { a: ["F32", [8]] } } },
    json: { file: "model/model.safetensors.index.json" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2121"] },
  },
};

export const cases: readonly Case[] = [
  {
    name: "weights that are no safetensors",
    config: "toy",
    files: { "model/pytorch_model.bin": "PK" },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2110 model holds neither model.safetensors nor model.safetensors.index.json
#@   help: name the folder that the model was saved to or downloaded to
`,
  },
  {
    name: "a part of several files, and no index",
    config: "toy",
    files: { "model/model-00001-of-00002.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2110 model holds 1 safetensors file and neither model.safetensors nor model.safetensors.index.json: loaders find none of them
#@   help: name the folder that the model was saved to or downloaded to
`,
  },
  {
    name: "an adapter, with the name of its base and without",
    config: "toy",
    files: {
      "model/adapter_model.safetensors": { tensors: { a: ["F32", [1]] } },
      "model/adapter_config.json": '{"base_model_name_or_path": "Qwen/Qwen3-30B-A3B"}',
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2131 model holds an adapter (adapter_model.safetensors), not a model (its base is Qwen/Qwen3-30B-A3B)
#@   help: merge the adapter into its base model (merge_and_unload of PEFT) and save that, or name the base model
`,
  },
  {
    config: "toy",
    files: { "model/adapter_model.safetensors": { tensors: { a: ["F32", [1]] } } },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ [49:54) PLN2131 model holds an adapter (adapter_model.safetensors), not a model
#@   help: merge the adapter into its base model (merge_and_unload of PEFT) and save that, or name the base model
`,
  },
  {
    name: "more broken files than a reader takes in",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"t0": "0.safetensors", "t1": "1.safetensors", "t2": "2.safetensors", "t3": "3.safetensors", "t4": "4.safetensors", "t5": "5.safetensors", "t6": "6.safetensors"}}',
      "model/0.safetensors": "no",
      "model/1.safetensors": "no",
      "model/2.safetensors": "no",
      "model/3.safetensors": "no",
      "model/4.safetensors": "no",
      "model/5.safetensors": "no",
      "model/6.safetensors": "no",
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/0.safetensors 1:[01:01) PLN2103 model/0.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ model/1.safetensors 1:[01:01) PLN2103 model/1.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ model/2.safetensors 1:[01:01) PLN2103 model/2.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ model/3.safetensors 1:[01:01) PLN2103 model/3.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ model/4.safetensors 1:[01:01) PLN2103 model/4.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ [49:54) PLN2101 2 more files in model are broken
#@   help: copy or download the file again
`,
  },
  {
    name: "an index that says another size",
    config: "toy",
    files: {
      "model/model.safetensors.index.json": {
        index: "a.safetensors",
        layouts: ["per_expert", "per_expert"],
        total_size: 16,
      },
      "model/a.safetensors": { toy: ["per_expert", "per_expert"] },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors.index.json 1:[01:01) PLN2130 warning: model.safetensors.index.json says total_size 16; the tensors of its files have 894,160 bytes
#@   help: no loader needs the number; a file of another saving would change it, so see where it comes from
`,
  },
  {
    name: "a checkpoint of one file and its index",
    shows: "nothing",
    config: "toy",
    files: {
      "model/model.safetensors.index.json": { index: "a.safetensors", layouts: ["per_expert", "per_expert"] },
      "model/a.safetensors": { toy: ["per_expert", "per_expert"] },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
`,
  },
];
