import type { Examples } from "../diagnostics/case.ts";
import { PLN2101, PLN2107, PLN2108, PLN2109, PLN2110 } from "../diagnostics/catalogue/checkpoint-files.ts";
import { PLN2130, PLN2131 } from "../diagnostics/catalogue/weights.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { readSource } from "../source/read.ts";
import { fileStart } from "../text/location.ts";
import { count, plural } from "../text/words.ts";
import { type Header, readHeader } from "./header.ts";
import { type Index, indexName, readIndex } from "./index.ts";
import { misplaced } from "./misplaced.ts";
import { shown } from "./scanner.ts";
import type { StoredTensor } from "./tensors.ts";
import { few } from "./words.ts";

const single = "model.safetensors";
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

/** Files that are there for another program, or were forgotten. */
function unnamed(folder: string, present: readonly string[], { files }: Index): Diagnostic[] {
  const named = new Set(files);
  const others = present.filter((name) => !named.has(name));
  const winner = others.includes(single) ? [PLN2109(fileStart(`${folder}/${single}`), { index: indexName })] : [];
  const found = few(
    others.filter((name) => name !== single),
    (name) => PLN2108(fileStart(`${folder}/${name}`), { name, index: indexName }),
    (more) => PLN2108(fileStart(folder), { more, index: indexName }, { variant: "more" }),
  );
  return [...winner, ...found];
}

function missing(folder: string, here: readonly string[], { files, fileOf }: Index): Diagnostic[] {
  const there = new Set(here);
  const lost = files.filter((name) => !there.has(name));
  if (lost.length === 0) return [];
  const place = fileStart(`${folder}/${indexName}`);
  const counts = new Map<string, number>();
  for (const name of fileOf.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return few(
    lost,
    (name) => PLN2107(place, { name, tensors: plural(counts.get(name) ?? 0, "tensor"), files: files.length }),
    (more) => PLN2107(place, { more }, { variant: "more" }),
  );
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
