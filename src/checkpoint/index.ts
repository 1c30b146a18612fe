import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2105, PLN2106 } from "../diagnostics/catalogue/checkpoint-files.ts";
import { PLN1001 } from "../diagnostics/catalogue/source.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { fileStart } from "../text/location.ts";
import { isMapping } from "../text/values.ts";
import { bytes, plural } from "../text/words.ts";
import { shown } from "./scanner.ts";
import { few } from "./words.ts";

export const indexName = "model.safetensors.index.json";

/** Of a real one with 100,000 tensors some ten are used. */
const largest = 100_000_000;

/** Which file holds which tensor. */
export interface Index {
  /** Tensor → file, for files whose names are harmless. */
  readonly fileOf: ReadonlyMap<string, string>;
  /** Names of the files, sorted. */
  readonly files: readonly string[];
  /** `metadata.total_size`: the bytes of all tensors, where it is a number. */
  readonly totalSize: number | undefined;
}

/** Reads the index of a checkpoint of several files. Entries with a hostile file name are reported and left out. */
export function readIndex(host: Host, file: string): Result<Index> {
  const place = fileStart(file);
  const fail = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  const stat = host.stat(file);
  if (!stat.ok) return fail(PLN1001(place, { file, why: stat.why }));
  if (stat.kind !== "file") {
    return fail(PLN1001(place, { file }, { variant: stat.kind === "folder" ? "folder" : "special" }));
  }
  if (stat.size > largest) {
    const values = { file, size: bytes(stat.size), limit: bytes(largest) };
    return fail(PLN1001(place, values, { variant: "large" }));
  }
  const read = host.read(file);
  if (!read.ok) return fail(PLN1001(place, { file, why: read.why }));
  const { value: map, totalSize, what = "" } = weightMapOf(read.bytes);
  if (map === undefined) return fail(PLN2105(place, { file, what }));

  const findings = new Findings();
  const fileOf = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const [tensor, name] of Object.entries(map)) {
    if (typeof name !== "string") return fail(PLN2105(place, { file, what: `${shown(tensor)} is in no file` }));
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (isPlainName(name)) fileOf.set(tensor, name);
  }
  const hostile = [...counts].filter(([name]) => !isPlainName(name));
  findings.add(
    ...few(
      hostile,
      ([name, tensors]) =>
        PLN2106(place, { file, name: JSON.stringify(shown(name)), tensors: plural(tensors, "tensor") }),
      (more) => PLN2106(place, { file, more }, { variant: "more" }),
    ),
  );
  const files = [...counts.keys()].filter(isPlainName).sort();
  return { value: { fileOf, files, totalSize }, diagnostics: findings.all };
}

type WeightMap =
  | { readonly value: Readonly<Record<string, unknown>>; readonly totalSize: number | undefined; readonly what?: never }
  | { readonly value?: never; readonly totalSize?: never; readonly what: string };

function weightMapOf(content: Uint8Array): WeightMap {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return { what: "it is no UTF-8 text" };
  }
  try {
    value = JSON.parse(text);
  } catch {
    return { what: "it is no JSON" };
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) return { what: `${shown(twice)} is there twice` };
  const map = isMapping(value) ? value["weight_map"] : undefined;
  if (!isMapping(map) || Object.keys(map).length === 0) return { what: "it has no weight_map" };
  const metadata = isMapping(value) ? value["metadata"] : undefined;
  const size = isMapping(metadata) ? metadata["total_size"] : undefined;
  return { value: map, totalSize: typeof size === "number" ? size : undefined };
}

/** A key that an object of the text has twice, of which `JSON.parse` keeps the last. The text is JSON. */
function repeatedKey(text: string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"([ \t\r\n]*:)?|[[\]{}]/g)) {
    if (token === "{") objects.push(new Set());
    else if (token === "[") objects.push(undefined);
    else if (token === "}" || token === "]") objects.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, token.length - colon.length));
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/**
 * Whether a name can only be that of a file beside the index. Loaders join it to the folder unseen, so that one with
 * `..` in it reads something else.
 */
function isPlainName(name: string): boolean {
  return name.endsWith(".safetensors") && !name.startsWith(".") && !/[/\\\p{C}\p{Zl}\p{Zp}]/u.test(name);
}

export const examples: Examples = {
  PLN2105: {
    config: "toy",
    files: {},
    json: { file: "model/model.safetensors.index.json" },
    right: { partial: ["PLN2107"] },
  },
  PLN2106: {
    config: "toy",
    files: {},
    json: { file: "model/model.safetensors.index.json" },
    right: { partial: ["PLN2107"] },
  },
};

export const cases: readonly Case[] = [
  {
    name: "an index that is not whole",
    config: "toy",
    files: { "model/model.safetensors.index.json": '{"weight_map": {' },
    plan: `
#@ model/model.safetensors.index.json 1:[01:01) PLN2105 model/model.safetensors.index.json is no index of a checkpoint: it is no JSON
#@   help: copy or download the file again
`,
  },
  {
    name: "a tensor in two files, and one in none",
    config: "toy",
    files: { "model/model.safetensors.index.json": '{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}' },
    plan: `
#@ model/model.safetensors.index.json 1:[01:01) PLN2105 model/model.safetensors.index.json is no index of a checkpoint: a is there twice
#@   help: copy or download the file again
`,
  },
  {
    config: "toy",
    files: { "model/model.safetensors.index.json": '{"weight_map": {"a": null}}' },
    plan: `
#@ model/model.safetensors.index.json 1:[01:01) PLN2105 model/model.safetensors.index.json is no index of a checkpoint: a is in no file
#@   help: copy or download the file again
`,
  },
  {
    name: "names that lead elsewhere",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"t0": "../0.safetensors", "t1": "../1.safetensors", "t2": "../2.safetensors", "t3": "../3.safetensors", "t4": "../4.safetensors", "t5": "../5.safetensors", "t6": "../6.safetensors"}}',
    },
    plan: `
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json puts 1 tensor in "../0.safetensors", which is no plain name of a safetensors file
#@   help: do not load this checkpoint before you know who wrote its index
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json puts 1 tensor in "../1.safetensors", which is no plain name of a safetensors file
#@   help: do not load this checkpoint before you know who wrote its index
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json puts 1 tensor in "../2.safetensors", which is no plain name of a safetensors file
#@   help: do not load this checkpoint before you know who wrote its index
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json puts 1 tensor in "../3.safetensors", which is no plain name of a safetensors file
#@   help: do not load this checkpoint before you know who wrote its index
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json puts 1 tensor in "../4.safetensors", which is no plain name of a safetensors file
#@   help: do not load this checkpoint before you know who wrote its index
#@ model/model.safetensors.index.json 1:[01:01) PLN2106 model/model.safetensors.index.json names 2 more files that have no plain name
#@   help: do not load this checkpoint before you know who wrote its index
`,
  },
];
