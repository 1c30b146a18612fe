import { PLN2135 } from "../diagnostics/catalogue/weights.ts";
/**
 * What seems to be missing in a checkpoint of a family that planc has no table of: layers of one kind have the same
 * tensors, so that a single layer which lacks a few of them is told. A guess, and a warning.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fileStart } from "../text/location.ts";
import { andList, plural } from "../text/words.ts";
import type { Reading } from "./reading.ts";
import { shown } from "./scanner.ts";
import { few } from "./words.ts";

/** Tensors that a layer may lack and still be one of that kind. */
const most = 3;

export function uneven(folder: string, reading: Reading): Diagnostic[] {
  const place = fileStart(folder);
  const found = [...layersByStem(reading)].flatMap(([, layers]) => lacking(layers));
  return few(
    found,
    ({ layer, lacks, like }) => {
      const tensor = andList(lacks.map((pattern) => shown(pattern.replace("*", String(layer)))));
      return PLN2135(place, { layer, tensor, like: plural(like, "other layer") });
    },
    (more) => PLN2135(place, { more }, { variant: "more" }),
  );
}

type Layers = Map<number, Set<string>>;

/** What stands in front of a layer's number → the layer → patterns of the tensors in it. */
function layersByStem({ sorted }: Reading): ReadonlyMap<string, Layers> {
  const stems = new Map<string, Layers>();
  const add = (pattern: string, layer: number) => {
    const stem = pattern.slice(0, pattern.indexOf("*"));
    const layers: Layers = stems.get(stem) ?? new Map();
    stems.set(stem, layers.set(layer, (layers.get(layer) ?? new Set()).add(pattern)));
  };
  for (const { pattern, numbers } of sorted.beside) if (numbers[0] !== undefined) add(pattern, numbers[0]);
  for (const { layers } of sorted.experts) {
    for (const [layer, patterns] of layers) for (const pattern of patterns.keys()) add(pattern, layer);
  }
  return stems;
}

function lacking(layers: Layers) {
  const kinds = new Map<string, { readonly has: ReadonlySet<string>; readonly layers: number[] }>();
  for (const [layer, has] of layers) {
    const key = [...has].sort().join();
    const kind = kinds.get(key) ?? { has, layers: [] };
    kind.layers.push(layer);
    kinds.set(key, kind);
  }
  const all = [...kinds.values()];
  // The first and the last layer may be of a kind of their own.
  const numbers = [...layers.keys()].sort((a, b) => a - b);
  const isInner = (layer: number) => layer !== numbers[0] && layer !== numbers.at(-1);
  return all
    .filter((kind) => kind.layers.length === 1 && kind.layers.every(isInner))
    .flatMap(({ has, layers: [layer = 0] }) => {
      const like = all.find((other) => other.layers.length > 1 && isLess(has, other.has));
      if (like === undefined) return [];
      return [{ layer, lacks: [...like.has].filter((pattern) => !has.has(pattern)), like: like.layers.length }];
    });
}

function isLess(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  const more = all.size - some.size;
  return more > 0 && more <= most && [...some].every((pattern) => all.has(pattern));
}
