import { PLN2112, PLN2113, PLN2114 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type ExpertSizes, expertsIn } from "../model/storage.ts";
import { fileStart } from "../text/location.ts";
import { count, plural } from "../text/words.ts";
import { hasShape, runsOf, type StoredLayer } from "./layout.ts";
import { shapeInWords, shown } from "./scanner.ts";
import { shapeOf } from "./shapes.ts";
import { nameIn, type Slot } from "./slots.ts";
import type { ExpertTensor } from "./sort.ts";
import { few, layersInWords } from "./words.ts";

/** What contradicts config.json in one set of experts. Missing ones count only where no file of the checkpoint is missing. */
export function judgeExperts(
  folder: string,
  layers: readonly StoredLayer[],
  sizes: ExpertSizes,
  isWhole: boolean,
): Diagnostic[] {
  return [
    ...mixed(folder, layers),
    ...(isWhole ? missing(folder, layers, sizes) : []),
    ...others(folder, layers, sizes),
  ];
}

function mixed(folder: string, layers: readonly StoredLayer[]): Diagnostic[] {
  const place = fileStart(folder);
  const runs = runsOf(layers);
  const layouts = runs.map((run) => `${layersInWords(run.layers)} as ${run.layout}`).join(", ");
  const pairs = new Map<string, StoredLayer[]>();
  for (const layer of layers) {
    if (layer.stray === undefined) continue;
    const pair = `${layer.layout} ${layer.stray.layout}`;
    const alike = pairs.get(pair);
    if (alike === undefined) pairs.set(pair, [layer]);
    else alike.push(layer);
  }
  const both = [...pairs.values()].flatMap((of) => {
    const [{ layout: first, stray } = { layout: "", stray: undefined }] = of;
    if (stray === undefined) return [];
    const words = holding(of.map(({ layer }) => layer));
    const values = { layers: words, first, second: stray.layout, tensor: shown(stray.tensor.name) };
    return [PLN2114(place, values, { variant: "both" })];
  });
  return runs.length > 1 ? [PLN2114(place, { layouts }), ...both] : both;
}

function missing(folder: string, layers: readonly StoredLayer[], sizes: ExpertSizes): Diagnostic[] {
  const place = fileStart(folder);
  const held = new Set(layers.map(({ layer }) => layer));
  const empty = sizes.some === true ? [] : sizes.layers.filter((layer) => !held.has(layer));
  const [experts, words] = [plural(sizes.num_experts, "expert"), holding(empty)];
  const without = empty.length > 0 ? [PLN2112(place, { layers: words, experts }, { variant: "layers" })] : [];
  const gaps = layers.flatMap((layer) => {
    const lacking = layer.slots.flatMap(({ slot, tensors }) =>
      gapIn(slot, layer.layer, tensors, expertsIn(slot.memory, sizes)),
    );
    const lost = lacking.reduce((sum, { missing }) => sum + missing, 0);
    const all = layer.slots.reduce((sum, { slot }) => sum + (slot.isPerExpert ? expertsIn(slot.memory, sizes) : 1), 0);
    return lost === 0
      ? []
      : [{ layer: layer.layer, missing: count(lost), all: count(all), tensor: lacking[0]?.first ?? "" }];
  });
  const partial = few(
    gaps,
    (values) => PLN2112(place, values),
    (more) => PLN2112(place, { more }, { variant: "more" }),
  );
  return [...without, ...partial];
}

function gapIn(slot: Slot, layer: number, tensors: readonly ExpertTensor[], experts: number) {
  const wanted = slot.isPerExpert ? experts : 1;
  const there = new Set(tensors.map(({ expert }) => expert).filter((expert) => expert < wanted));
  if (there.size === wanted) return [];
  let first = 0;
  while (there.has(first)) first++;
  return [{ missing: wanted - there.size, first: nameIn(slot, layer, first) }];
}

/** Tensors of other shapes, of experts and in layers that there should not be. One message for each kind. */
function others(folder: string, layers: readonly StoredLayer[], sizes: ExpertSizes): Diagnostic[] {
  const place = ({ file }: ExpertTensor) => fileStart(`${folder}/${file}`);
  const expected = new Set(sizes.layers);
  const misshapen: { slot: Slot; each: ExpertTensor }[] = [];
  const surplus: ExpertTensor[] = [];
  const dense: Diagnostic[] = [];
  for (const { layer, slots } of layers) {
    const first = slots.find(({ tensors }) => tensors.length > 0)?.tensors[0];
    if (first !== undefined && !expected.has(layer)) {
      dense.push(PLN2113(place(first), { layer, tensor: shown(first.tensor.name) }, { variant: "dense" }));
    }
    for (const { slot, tensors } of slots) {
      for (const each of tensors) {
        if (slot.isPerExpert && each.expert >= expertsIn(slot.memory, sizes)) surplus.push(each);
        else if (!hasShape(each.tensor.shape, slot, sizes)) misshapen.push({ slot, each });
      }
    }
  }
  const more = (rest: number) => PLN2113(fileStart(folder), { more: rest }, { variant: "more" });
  const found = few(dense, (diagnostic) => diagnostic, more);
  // One wrong size in config.json makes many shapes wrong.
  const [wrong] = misshapen;
  if (wrong !== undefined) {
    const { slot, each } = wrong;
    const wanted = shapeInWords(shapeOf(slot.layout, slot.memory, slot.part, sizes) ?? []);
    const values = { tensor: shown(each.tensor.name), shape: shapeInWords(each.tensor.shape), wanted };
    const others = plural(misshapen.length - 1, "other tensor");
    found.push(
      misshapen.length === 1
        ? PLN2113(place(each), values)
        : PLN2113(place(each), { ...values, others }, { variant: "many" }),
    );
  }
  const [extra, ...rest] = surplus;
  const { num_experts: experts } = sizes;
  if (extra !== undefined) {
    const values = { tensor: andMore(extra, rest.length), expert: extra.expert, experts, last: experts - 1 };
    found.push(PLN2113(place(extra), values, { variant: "expert" }));
  }
  return found;
}

function andMore({ tensor }: ExpertTensor, more: number): string {
  return more === 0 ? shown(tensor.name) : `${shown(tensor.name)}, as ${count(more)} more,`;
}

function holding(layers: readonly number[]): string {
  return `${layersInWords(layers)} ${layers.length === 1 ? "holds" : "hold"}`;
}
