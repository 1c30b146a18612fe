import { count } from "../../text/words.ts";
import type { ReportedAxis, ReportedPlan } from "../read/plan.ts";
import { countCell, type Table, words } from "../table.ts";

/** Ranks that a picture shows; the pattern repeats. */
export const shownRanks = 16;

/** One axis over the first ranks. */
export interface AxisRow {
  readonly axis: ReportedAxis;
  /** Of each rank: which group it is in, and its place there. */
  readonly ranks: readonly { readonly group: number; readonly place: number }[];
}

/** The axes that divide ranks. */
export function axisRows({ axes, worldSize }: ReportedPlan): AxisRow[] {
  const ranks = Array.from({ length: Math.min(worldSize, shownRanks) }, (_, rank) => rank);
  return axes
    .filter(({ name, view, size }) => size > 1 && (view === "dense" || !isOfBoth(name, axes)))
    .map((axis) => ({
      axis,
      ranks: ranks.map((rank) => {
        const { size, stride } = axis;
        const group = Math.floor(rank / (stride * size)) * stride + (rank % stride);
        return { group, place: Math.floor(rank / stride) % size };
      }),
    }));
}

const whats: Readonly<Record<string, string>> = {
  pp: "stages of layers",
  dp_replicate: "replicas, which sum their gradients",
  fsdp: "shards of dense parameters, each with tokens of its own",
  tp: "parts of each matrix",
  efsdp: "shards of the experts that a rank of ep has",
  ep: "experts, to which tokens are sent",
};

export function meshTable({ axes }: ReportedPlan): Table {
  return {
    caption: "Axes of the mesh",
    head: ["axis", "view", "ranks in a group", "groups", "stride", "ranks of the first group", "divides"],
    rows: axes
      .filter(({ name, view }) => view === "dense" || !isOfBoth(name, axes))
      .map(({ name, view, size, count: groups, stride }) => [
        words(name),
        words(isOfBoth(name, axes) ? "both" : view),
        countCell(size),
        countCell(groups),
        countCell(stride),
        words(members(size, stride)),
        words(whats[name] ?? ""),
      ]),
  };
}

function isOfBoth(name: string, axes: readonly ReportedAxis[]): boolean {
  return axes.filter((axis) => axis.name === name).length > 1;
}

function members(size: number, stride: number): string {
  const first = Array.from({ length: Math.min(size, 4) }, (_, index) => count(index * stride));
  return [...first, ...(size > 5 ? ["..."] : []), ...(size > 4 ? [count((size - 1) * stride)] : [])].join(" ");
}
