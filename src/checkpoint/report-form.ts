import type { Examples } from "../diagnostics/case.ts";
import { PLN2123, PLN2124, PLN2125, PLN2127, PLN2128 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { andList, count, plural } from "../text/words.ts";
import { claimOf, type Form, formInWords, isMeant, marking } from "./form.ts";
import type { Named } from "./names.ts";
import type { Reading, Tree } from "./reading.ts";
import { shown } from "./scanner.ts";

const floats: ReadonlySet<string> = new Set(["F32", "F16", "BF16", "F64"]);

/** A config.json's word on quantisation, against the weights. */
export function judgeClaim(folder: string, source: Source, config: Tree, form: Form, names: readonly Named[]) {
  const claim = claimOf(config);
  if (claim === undefined) {
    if (form.shows === undefined) return [];
    // fp8 without scales is judged tensor by tensor.
    if (form.method === "fp8" && !names.some(({ pattern }) => /_scale(_inv)?$/.test(pattern))) return [];
    const values = { form: formInWords(form), tensor: shown(form.shows.tensor.name) };
    return [PLN2125(fileStart(`${folder}/${form.shows.file}`), values)];
  }
  if (form.shows !== undefined && !isMeant(claim.method, form)) {
    const values = { form: formInWords(form), tensor: shown(form.shows.tensor.name), method: claim.method };
    return [PLN2125(source.at(claim.path, "key"), values, { variant: "other" })];
  }
  const isPlain = form.method === "plain" && names.every(({ tensor }) => floats.has(tensor.dtype));
  if (!isPlain || !marking.has(claim.method)) return [];
  const place = source.at(claim.path, "key");
  const dtypes = andList([...new Set(names.map(({ tensor }) => tensor.dtype))]);
  const values = { method: claim.method, dtypes, key: claim.path.join(".") };
  return claim.method === "mxfp4" ? [PLN2124(place, values)] : [PLN2123(place, values)];
}

/** The weights that a config.json speaks of, in groups that are loaded as one parameter. */
function weightsOf({ dense, sorted }: Reading): readonly { readonly name: string; readonly of: readonly Weight[] }[] {
  const groups = new Map<string, Weight[]>();
  const add = (name: string, weight: Weight) => {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [weight]);
    else group.push(weight);
  };
  for (const { each, row } of dense.found) add(row.name, each);
  for (const { layers } of sorted.experts) {
    for (const patterns of layers.values()) {
      for (const [pattern, tensors] of patterns) for (const each of tensors) add(pattern, each);
    }
  }
  return [...groups].map(([name, of]) => ({ name, of }));
}

type Weight = Pick<Named, "file" | "tensor">;

/** Weights in formats that hold none: the loader casts whatever it finds. */
export function judgeFormats(folder: string, reading: Reading, names: readonly Named[]): Diagnostic[] {
  const all = new Set(names.map(({ tensor }) => tensor.name));
  const odd: Weight[] = [];
  const bare: Weight[] = [];
  for (const { of } of weightsOf(reading)) {
    for (const each of of) {
      const { dtype, name } = each.tensor;
      if (floats.has(dtype) || (dtype === "U8" && /_(blocks|scales)$/.test(name))) continue;
      if (!dtype.startsWith("F8_")) odd.push(each);
      else if (![`${name}_scale_inv`, `${name}_scale`].some((scale) => all.has(scale))) bare.push(each);
    }
  }
  return [...say(folder, odd, "many"), ...say(folder, bare, "scales")];
}

function say(folder: string, [first, ...others]: readonly Weight[], variant: "many" | "scales"): Diagnostic[] {
  if (first === undefined) return [];
  const place = fileStart(`${folder}/${first.file}`);
  const values = { tensor: shown(first.tensor.name), dtype: first.tensor.dtype };
  if (others.length === 0 && variant === "many") return [PLN2127(place, values)];
  const rest = others.length === 0 ? "no other" : `are ${plural(others.length, "other")}`;
  return [PLN2127(place, { ...values, others: rest }, { variant })];
}

const formats: Readonly<Record<string, string>> = { bfloat16: "BF16", float16: "F16", float32: "F32", float64: "F64" };

/** Plain weights in another format than config.json's, or in several. */
export function judgeDtype(folder: string, source: Source, config: Tree, reading: Reading): Diagnostic[] {
  const groups = weightsOf(reading);
  const bytes = new Map<string, number>();
  for (const { of } of groups) {
    for (const { tensor } of of) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.end - tensor.begin);
  }
  const sum = [...bytes.values()].reduce((all, size) => all + size, 0);
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  const found: Diagnostic[] = [];
  const key = ["dtype", "torch_dtype"].find((name) => typeof config[name] === "string");
  const said = key === undefined ? undefined : String(config[key]);
  const declared = formats[said?.replace(/^torch\./, "") ?? ""];
  if (key !== undefined && said !== undefined && declared !== undefined && most !== undefined) {
    const [dtype, size] = most;
    if (dtype !== declared && floats.has(dtype)) {
      const share = `${Math.round((100 * size) / Math.max(1, sum))} % of the bytes`;
      found.push(PLN2128(source.at([key]), { key, said, dtype, share }));
    }
  }
  const mixed = groups.find(({ of }) => of.some(({ tensor }) => isOther(tensor.dtype, of[0]?.tensor.dtype)));
  if (mixed !== undefined) {
    const counts = new Map<string, number>();
    for (const { tensor } of mixed.of) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + 1);
    const dtypes = andList([...counts].map(([dtype, number]) => `${count(number)} in ${dtype}`));
    found.push(PLN2128(fileStart(folder), { name: mixed.name, dtypes }, { variant: "mixed" }));
  }
  return found;
}

function isOther(dtype: string, first = ""): boolean {
  return dtype !== first && floats.has(dtype) && floats.has(first);
}

export const examples: Examples = {
  PLN2127: {
    config: "toy",
    files: {},
    json: { header: "model/model.safetensors" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2122"] },
  },
  PLN2128: {
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"], dtype: "F32" } },
  },
};
