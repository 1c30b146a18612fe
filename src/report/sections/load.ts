import type { Measured } from "../read/measured.ts";
import type { ReportedPlan } from "../read/plan.ts";
import { countCell, numberCell, shareCell, spread, type Table, words } from "../table.ts";

/** Layers × experts: assignments over the layer's mean. */
export interface LoadMap {
  readonly layers: readonly { readonly name: string; readonly loads: readonly number[] }[];
  readonly experts: number;
  /** Experts that a rank holds; ranks hold them in their order. */
  readonly perRank: number;
}

/** More cells than a picture has room for. */
const most = { layers: 256, experts: 1024 } as const;

/** Undefined where a run did not count, and where nothing was routed. */
export function loadMapOf({ expertCounts }: Measured, { axes }: ReportedPlan): LoadMap | undefined {
  const counted = routed(expertCounts ?? []);
  const experts = Math.max(0, ...counted.map(([, counts]) => counts.length));
  if (experts === 0 || experts > most.experts) return undefined;
  const layers = spread(counted, most.layers).map(([module, counts]) => {
    const mean = sumOf(counts) / counts.length;
    return { name: layerOf(module), loads: counts.map((each) => each / mean) };
  });
  const ranks = axes.find(({ name }) => name === "ep")?.size ?? 1;
  return { layers, experts, perRank: experts % ranks === 0 ? experts / ranks : experts };
}

/** One row a layer. */
export function loadTable({ expertCounts, expertLoad }: Measured): Table {
  const caption = "Load of the experts over the whole run";
  if (expertCounts === null)
    return {
      caption,
      head: ["layer", "fullest over the mean"],
      rows: spread(expertLoad, most.layers).map(([module, load]) => [words(layerOf(module)), numberCell(load)]),
    };
  const rows = routed(expertCounts);
  return {
    caption,
    head: [
      "layer",
      "assignments",
      "fullest over the mean",
      "fullest expert",
      "least over the mean",
      "idle experts",
      "half of all go to",
    ],
    rows: spread(rows, most.layers).map(([module, counts]) => {
      const total = sumOf(counts);
      const mean = total / counts.length;
      const top = Math.max(...counts);
      return [
        words(layerOf(module)),
        countCell(total),
        numberCell(top / mean),
        countCell(counts.indexOf(top)),
        numberCell(Math.min(...counts) / mean),
        countCell(counts.filter((each) => each === 0).length),
        shareCell(halfOf(counts, total) / counts.length),
      ];
    }),
    more: Math.max(0, rows.length - most.layers),
  };
}

/** How many of the fullest experts get half of the assignments. */
function halfOf(counts: readonly number[], total: number): number {
  let [sum, taken] = [0, 0];
  for (const each of [...counts].sort((a, b) => b - a)) {
    if (2 * sum >= total) break;
    sum += each;
    taken++;
  }
  return taken;
}

function routed(counts: NonNullable<Measured["expertCounts"]>): NonNullable<Measured["expertCounts"]> {
  return counts.filter(([, each]) => sumOf(each) > 0);
}

/** "model.layers.12.mlp.experts" → "12". */
function layerOf(module: string): string {
  return /\.(\d+)\./.exec(module)?.[1] ?? module;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
