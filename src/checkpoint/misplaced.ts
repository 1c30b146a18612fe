import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2111 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import type { Header } from "./header.ts";
import { type Index, indexName } from "./index.ts";
import { shown } from "./scanner.ts";
import { few } from "./words.ts";

/** Tensors of one kind of mistake, by the file that it is about. */
type ByFile = Map<string, string[]>;

/** Tensors that are not where the index says, or in two files. One message for each file and kind of mistake. */
export function misplaced(
  folder: string,
  headers: ReadonlyMap<string, Header>,
  index: Index | undefined,
): Diagnostic[] {
  const [lacking, elsewhere]: [ByFile, ByFile] = [new Map(), new Map()];
  const [unlisted, twice]: [ByFile, ByFile] = [new Map(), new Map()];
  const homes = new Map<string, string>();
  for (const [file, { tensors }] of headers) {
    for (const { name } of tensors) {
      const listed = index?.fileOf.get(name);
      if (index === undefined) {
        if (homes.has(name)) note(twice, file, name);
      } else if (listed === undefined) note(unlisted, file, name);
      else if (listed !== file) note(elsewhere, file, name);
      if (!homes.has(name)) homes.set(name, file);
    }
  }
  for (const [tensor, file] of index?.fileOf ?? []) {
    // One that is in another file has been met there.
    if (headers.has(file) && !homes.has(tensor)) note(lacking, file, tensor);
  }
  const say = (found: ByFile, each: (file: string, first: string, tensor: string, is: string) => Diagnostic) =>
    few(
      [...found],
      ([file, [first = "", ...others]]) => {
        const [tensor, is] = others.length === 0 ? [shown(first), "is"] : [andOthers(first, others.length), "are"];
        return each(file, first, tensor, is);
      },
      (more) => PLN2111(fileStart(folder), { more }, { variant: "more" }),
    );
  const place = (file: string) => fileStart(`${folder}/${file}`);
  return [
    ...say(lacking, (file, _, tensor) => PLN2111(place(file), { file, tensor, index: indexName })),
    ...say(elsewhere, (file, first, tensor, is) => {
      const values = { file, tensor, is, index: indexName, other: index?.fileOf.get(first) ?? "" };
      return PLN2111(place(file), values, { variant: "elsewhere" });
    }),
    ...say(unlisted, (file, _, tensor, is) => {
      return PLN2111(place(file), { file, tensor, is, index: indexName }, { variant: "unlisted" });
    }),
    ...say(twice, (file, first, tensor, is) => {
      const values = { file, tensor, is, other: homes.get(first) ?? "" };
      return PLN2111(place(file), values, { variant: "twice" });
    }),
  ];
}

function note(found: ByFile, file: string, tensor: string): void {
  const tensors = found.get(file);
  if (tensors === undefined) found.set(file, [tensor]);
  else tensors.push(tensor);
}

function andOthers(first: string, others: number): string {
  return `${shown(first)} and ${plural(others, "other tensor")}`;
}

export const examples: Examples = {
  PLN2111: {
    config: "toy",
    files: {
      "model/model-00001-of-00002.safetensors": { tensors: {} },
      "model/model-00002-of-00002.safetensors": { tensors: { a: ["F32", [2]] } },
    },
    json: { file: "model/model.safetensors.index.json" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2121"] },
  },
};

export const cases: readonly Case[] = [
  {
    name: "not there, elsewhere and not listed",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"lm_head.weight": "a.safetensors", "model.norm.weight": "b.safetensors"}}',
      "model/a.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/b.safetensors": { tensors: { "model.embed_tokens.weight": ["BF16", [10, 24]] } },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/a.safetensors 1:[01:01) PLN2111 a.safetensors lacks lm_head.weight, which model.safetensors.index.json puts there
#@   help: the index and the files are of two savings: take both from the same one
#@ model/a.safetensors 1:[01:01) PLN2111 a.safetensors holds model.norm.weight, which is in b.safetensors by model.safetensors.index.json
#@   help: the index and the files are of two savings: take both from the same one
#@ model/b.safetensors 1:[01:01) PLN2111 b.safetensors holds model.embed_tokens.weight, which is not in model.safetensors.index.json
#@   help: the index and the files are of two savings: take both from the same one
`,
  },
  {
    name: "in several files, of which no index says which counts",
    config: "toy",
    files: {
      "model/0.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]], "lm_head.weight": ["BF16", [10, 24]] } },
      "model/1.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]], "lm_head.weight": ["BF16", [10, 24]] } },
      "model/2.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/3.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/4.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/5.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/6.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
      "model/7.safetensors": { tensors: { "model.norm.weight": ["BF16", [24]] } },
    },
    plan: `
model: { config: model/config.json, checkpoint: model }
#@ model/1.safetensors 1:[01:01) PLN2111 1.safetensors holds model.norm.weight and 1 other tensor, which are in 0.safetensors too
#@   help: the index and the files are of two savings: take both from the same one
#@ model/2.safetensors 1:[01:01) PLN2111 2.safetensors holds model.norm.weight, which is in 0.safetensors too
#@   help: the index and the files are of two savings: take both from the same one
#@ model/3.safetensors 1:[01:01) PLN2111 3.safetensors holds model.norm.weight, which is in 0.safetensors too
#@   help: the index and the files are of two savings: take both from the same one
#@ model/4.safetensors 1:[01:01) PLN2111 4.safetensors holds model.norm.weight, which is in 0.safetensors too
#@   help: the index and the files are of two savings: take both from the same one
#@ model/5.safetensors 1:[01:01) PLN2111 5.safetensors holds model.norm.weight, which is in 0.safetensors too
#@   help: the index and the files are of two savings: take both from the same one
#@ [49:54) PLN2110 model holds 8 safetensors files and neither model.safetensors nor model.safetensors.index.json: loaders find none of them
#@   help: name the folder that the model was saved to or downloaded to
#@ [49:54) PLN2111 in 2 more files it is the same
#@   help: the index and the files are of two savings: take both from the same one
`,
  },
];
