import { type Category, categories } from "../../estimate/step/categories.ts";
import type { ReportedCurve, ReportedPlan } from "../read/plan.ts";
import { bytesCell, type Table, words } from "../table.ts";

/** In words, from the bottom of the picture to its top. */
export const categoryNames: Readonly<Record<Category, string>> = {
  parameters: "parameters",
  optimizer: "optimizer states",
  gradients: "gradients",
  gathered: "gathered parameters",
  unreduced: "gradients being reduced",
  activations: "kept activations",
  experts: "rows of experts",
  head: "loss head",
  work: "working tensors",
};

/** A moment of a step: how far it is, and the bytes of each category of the profile. */
export interface Moment {
  /** In layers, more or less: no time. */
  readonly x: number;
  readonly bytes: readonly number[];
}

/** A part of the step that has a name of its own below the picture. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The curve as it is drawn. */
export interface Profile {
  readonly categories: readonly Category[];
  readonly moments: readonly Moment[];
  readonly phases: readonly Phase[];
  readonly width: number;
  /** Index of the fullest moment. */
  readonly peak: number;
}

/** More teeth than pixels would tell nothing. */
const mostTeeth = 64;

/** A profile of what does not stay: without the parameters and the optimizer's states. */
export function movingOf(profile: Profile): Profile {
  const isMoving = (category: Category) => category !== "parameters" && category !== "optimizer";
  const kept = profile.categories.map(isMoving);
  const moments = profile.moments.map(({ x, bytes }) => ({ x, bytes: bytes.filter((_, index) => kept[index]) }));
  return { ...profile, categories: profile.categories.filter(isMoving), moments };
}

/** Draws out what stands for many layers: each begins and ends a little higher or lower than the one before. */
export function profileOf(curve: ReportedCurve): Profile {
  const held = categories.filter((category) => curve.fullest.has(category));
  const at = (lists: ReportedCurve["begin"], place: number) =>
    held.map((category) => lists.get(category)?.[place] ?? 0);
  const moments: Moment[] = [];
  const phases: { name: string; from: number; to: number }[] = [];
  let x = 0;
  curve.places.forEach((place, index) => {
    const layers = Math.max(1, Math.floor(curve.layers[index] ?? 1));
    const begin = at(curve.begin, index);
    const end = at(curve.begin, (index + 1) % curve.places.length);
    const fullest = at(curve.fullest, index);
    const teeth = Math.min(layers, mostTeeth);
    const moved = (from: readonly number[], share: number) =>
      from.map((bytes, each) => bytes + ((end[each] ?? 0) - (begin[each] ?? 0)) * share);
    for (let tooth = 0; tooth < teeth; tooth++) {
      const [share, wide] = [tooth / teeth, layers / teeth];
      moments.push({ x: x + tooth * wide, bytes: moved(begin, share) });
      moments.push({ x: x + (tooth + 0.5) * wide, bytes: moved(fullest, share) });
    }
    const name = phaseOf(place);
    const last = phases.at(-1);
    if (last?.name === name) last.to = x + layers;
    else phases.push({ name, from: x, to: x + layers });
    x += layers;
    if (index === curve.places.length - 1) moments.push({ x, bytes: end });
  });
  const totals = moments.map(({ bytes }) => bytes.reduce((sum, each) => sum + each, 0));
  const peak = totals.reduce((best, total, index) => (total > (totals[best] ?? 0) ? index : best), 0);
  return { categories: held, moments, phases, width: x, peak };
}

function phaseOf(place: string): string {
  if (place.startsWith("the forward pass")) return "forward";
  if (place.startsWith("the backward pass")) return "backward";
  return "optimizer";
}

/** Places × categories at their fullest moments. */
export function curveTable({ places, fullest, layers }: ReportedCurve): Table {
  const held = categories.filter((category) => fullest.has(category));
  return {
    caption: "Bytes at the fullest moment of each place",
    head: ["place", "layers alike", ...held.map((category) => categoryNames[category]), "together"],
    rows: places.map((place, index) => {
      const each = held.map((category) => fullest.get(category)?.[index] ?? 0);
      const layer = layers[index] ?? 1;
      return [
        words(place),
        { text: String(layer), value: layer },
        ...each.map(bytesCell),
        bytesCell(each.reduce((sum, bytes) => sum + bytes, 0)),
      ];
    }),
  };
}

/** What the GPU has to have room for. */
export function memoryTable({ memory, cluster }: ReportedPlan): Table {
  const { peak, outside } = memory;
  const rows: (readonly [string, number | null])[] = [
    ["parameters", memory.parameters],
    ["gradients", memory.gradients],
    ["optimizer states", memory.optimizer],
  ];
  if (peak !== null)
    rows.push(
      [`allocated at the peak, in ${peak.moment}`, peak.allocated],
      ["held by torch's allocator for that", peak.reserved],
      ["more for the CUDA context and NCCL", outside],
      ["together", peak.reserved + outside],
    );
  if (memory.worst !== null)
    rows.push(["together, where every token chooses the experts of one rank", memory.worst + outside]);
  rows.push([`memory of a ${cluster.gpu}`, cluster.memory]);
  return {
    caption: "Memory of the rank that holds the most",
    head: ["what", "bytes"],
    rows: rows.map(([what, bytes]) => [words(what), bytesCell(bytes)]),
  };
}
