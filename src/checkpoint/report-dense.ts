import { PLN2118 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN2120, PLN2121 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import type { Gap, Misshapen } from "./dense.ts";
import type { Named } from "./names.ts";
import type { Reading } from "./reading.ts";
import { shapeInWords, shown } from "./scanner.ts";
import { few, layersInWords } from "./words.ts";

/** What is missing beside the experts: whole layers first, which need no list of what they lack. */
export function missing(folder: string, { dense, numLayers = 0 }: Reading, lost: readonly number[]): Diagnostic[] {
  const place = fileStart(folder);
  const all = plural(numLayers, "layer");
  const whole = new Set(lost);
  const gaps = dense.missing
    .map((gap) => ({ ...gap, layers: gap.layers.filter((layer) => !whole.has(layer)) }))
    .filter(({ row, layers }) => row.layers === undefined || layers.length > 0);
  const layers = lost.length > 0 ? [PLN2120(place, { layers: layersInWords(lost), all }, { variant: "layer" })] : [];
  return [
    ...layers,
    ...few(
      gaps,
      (gap) => gapAt(folder, gap, all),
      (more) => PLN2120(place, { more }, { variant: "more" }),
    ),
  ];
}

function gapAt(folder: string, { row, layers }: Gap, all: string): Diagnostic {
  const place = fileStart(folder);
  if (row.parameter.kind === "head") {
    const help = "set tie_word_embeddings to true if the model was trained so; else the files are not whole";
    return PLN2120(place, {}, { variant: "head", help });
  }
  const [only, ...others] = layers;
  const wanted = shapeInWords(row.parameter.shape);
  if (only === undefined || others.length === 0) {
    const tensor = row.name.replace("{layer}", String(only ?? ""));
    return PLN2120(place, { tensor, wanted });
  }
  return PLN2120(place, { tensor: row.name, layers: layersInWords(layers), all }, { variant: "layers" });
}

/** What has other shapes: one message, because one wrong size makes many shapes wrong. */
export function misshapen(folder: string, [first, ...others]: readonly Misshapen[]): Diagnostic[] {
  if (first === undefined) return [];
  const { each, row } = first;
  const place = fileStart(`${folder}/${each.file}`);
  const values = {
    tensor: shown(each.tensor.name),
    shape: shapeInWords(each.tensor.shape),
    wanted: shapeInWords(row.parameter.shape),
  };
  if (others.length === 0) return [PLN2118(place, values)];
  return [PLN2118(place, { ...values, others: plural(others.length, "other tensor") }, { variant: "many" })];
}

const adapter = /(^|\.)(lora_|modules_to_save\.)/;

/** What nothing reads: an adapter's tensors, layers behind the model's own, and any others by their names. */
export function unread(folder: string, model_type: string, { dense, sorted, numLayers = 0 }: Reading): Diagnostic[] {
  const place = ({ file }: Named) => fileStart(`${folder}/${file}`);
  const behind = new Set(sorted.behind);
  const lora = dense.unread.filter(({ tensor }) => adapter.test(tensor.name));
  const further = dense.unread.filter((each) => behind.has(each) && !adapter.test(each.tensor.name));
  const found: Diagnostic[] = [];
  const [one] = lora;
  if (one !== undefined) {
    const values = { tensors: plural(lora.length, "tensor"), tensor: shown(one.tensor.name) };
    found.push(PLN2121(place(one), values, { variant: "adapter" }));
  }
  const [next] = further;
  if (next !== undefined) {
    const layers = layersInWords([...new Set(further.map(({ numbers }) => numbers[0] ?? 0))].sort((a, b) => a - b));
    const values = {
      ...{ tensors: plural(further.length, "tensor"), layers, count: plural(numLayers, "layer") },
      ...{ model_type, tensor: shown(next.tensor.name) },
    };
    found.push(PLN2121(place(next), values, { variant: "behind" }));
  }
  const byPattern = new Map<string, Named[]>();
  for (const each of dense.unread) {
    if (behind.has(each) || adapter.test(each.tensor.name)) continue;
    const alike = byPattern.get(each.pattern);
    if (alike === undefined) byPattern.set(each.pattern, [each]);
    else alike.push(each);
  }
  return [
    ...found,
    ...few(
      [...byPattern.values()],
      (alike) => likeIt(alike, model_type, place),
      (more) => PLN2121(fileStart(folder), { more }, { variant: "more" }),
    ),
  ];
}

function likeIt(alike: readonly Named[], model_type: string, place: (each: Named) => ReturnType<typeof fileStart>) {
  const [first, ...others] = alike as readonly [Named, ...Named[]];
  const values = { model_type, tensor: shown(first.tensor.name) };
  if (others.length === 0) return PLN2121(place(first), values);
  return PLN2121(place(first), { ...values, others: plural(others.length, "other") }, { variant: "many" });
}

/** Names that a training program's wrapper is still in, one message for each wrapper. */
export function wrapped(folder: string, names: readonly Named[]): Diagnostic[] {
  const by = new Map<string, Named[]>();
  for (const each of names) {
    if (each.wrapping === undefined) continue;
    const alike = by.get(each.wrapping.text);
    if (alike === undefined) by.set(each.wrapping.text, [each]);
    else alike.push(each);
  }
  return [...by.values()].flatMap((alike) => {
    const [first] = alike;
    if (first?.wrapping === undefined) return [];
    const { text: prefix, by: who } = first.wrapping;
    const values = { tensors: plural(alike.length, "tensor"), prefix, by: who, tensor: shown(first.tensor.name) };
    const help = `take ${prefix} off the names, as saving the model inside the wrapper does`;
    return [PLN2121(fileStart(`${folder}/${first.file}`), values, { variant: "wrapped", help })];
  });
}
