import type { Case } from "../diagnostics/case.ts";
import { PLN2107, PLN2108, PLN2109 } from "../diagnostics/catalogue/checkpoint-files.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import { type Index, indexName } from "./index.ts";
import { few } from "./words.ts";

/** The file of a checkpoint that has no index. */
export const single = "model.safetensors";

/** Files that are there for another program, or were forgotten. */
export function unnamed(folder: string, present: readonly string[], { files }: Index): Diagnostic[] {
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

/** Files that the index names and that are not there. */
export function missing(folder: string, here: readonly string[], { files, fileOf }: Index): Diagnostic[] {
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

export const cases: readonly Case[] = [
  {
    name: "files that the index names and that are not there",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"t0": "0.safetensors", "t1": "1.safetensors", "t2": "2.safetensors", "t3": "3.safetensors", "t4": "4.safetensors", "t5": "5.safetensors", "t6": "6.safetensors"}}',
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 0.safetensors is missing: the index puts 1 tensor in it, one of 7 files
#@   help: download what is missing: hf download continues where it stopped
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 1.safetensors is missing: the index puts 1 tensor in it, one of 7 files
#@   help: download what is missing: hf download continues where it stopped
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 2.safetensors is missing: the index puts 1 tensor in it, one of 7 files
#@   help: download what is missing: hf download continues where it stopped
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 3.safetensors is missing: the index puts 1 tensor in it, one of 7 files
#@   help: download what is missing: hf download continues where it stopped
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 4.safetensors is missing: the index puts 1 tensor in it, one of 7 files
#@   help: download what is missing: hf download continues where it stopped
#@ model/model.safetensors.index.json 1:[01:01) PLN2107 2 more files of the index are missing
#@   help: download what is missing: hf download continues where it stopped
`,
  },
  {
    name: "files that the index does not name",
    config: "toy",
    files: {
      "model/model.safetensors.index.json": '{"weight_map": {"model.norm.weight": "a.safetensors"}}',
      "model/a.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/model.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/other-0.safetensors": "",
      "model/other-1.safetensors": "",
      "model/other-2.safetensors": "",
      "model/other-3.safetensors": "",
      "model/other-4.safetensors": "",
      "model/other-5.safetensors": "",
      "model/other-6.safetensors": "",
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/model.safetensors 1:[01:01) PLN2109 model.safetensors lies beside model.safetensors.index.json, which does not name it: loaders take one or the other
#@   help: remove the one that is out of date
#@ model/other-0.safetensors 1:[01:01) PLN2108 warning: other-0.safetensors is not named in model.safetensors.index.json: nothing loads it
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
#@ model/other-1.safetensors 1:[01:01) PLN2108 warning: other-1.safetensors is not named in model.safetensors.index.json: nothing loads it
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
#@ model/other-2.safetensors 1:[01:01) PLN2108 warning: other-2.safetensors is not named in model.safetensors.index.json: nothing loads it
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
#@ model/other-3.safetensors 1:[01:01) PLN2108 warning: other-3.safetensors is not named in model.safetensors.index.json: nothing loads it
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
#@ model/other-4.safetensors 1:[01:01) PLN2108 warning: other-4.safetensors is not named in model.safetensors.index.json: nothing loads it
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
#@ [49:54) PLN2108 warning: 2 more safetensors files are not named in model.safetensors.index.json
#@   help: remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)
`,
  },
];
