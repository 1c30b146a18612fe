import type { Cluster } from "../../cluster/cluster.ts";
import { islandSize, islandsOf, wayAcross, wayInside } from "../../cluster/links.ts";
import type { Axis, Mesh } from "../../stack/mesh.ts";
import { count, plural } from "../../text/words.ts";
import { table } from "./table.ts";

/** Ranks that the picture shows; the pattern repeats, so more would say no more. */
const shownRanks = 16;

/**
 * Both views of the ranks: the sizes, then for the first ranks the coordinate of each along every axis above 1. Ranks that
 * differ in one row alone are a group of that row's axis.
 */
export function meshText(mesh: Mesh, cluster: Cluster, width: number): string[] {
  const views = [
    ["dense", mesh.dense],
    ["expert", mesh.expert],
  ] as const;
  const sizes = views.map(([name, axes]) => [name, axes.map((axis) => `${axis.name} ${axis.size}`).join(" x ")]);
  const picture = [shownRanks, shownRanks / 2].map((most) => drawn(mesh, most));
  const groups = views
    .flatMap(([, axes]) => axes.filter(({ size }) => size > 1))
    .map((axis) => [...group(axis, mesh), ...(cluster.nodes > 1 ? [wayOf(axis, cluster)] : [])]);
  return [
    ...table(sizes, [], width),
    "",
    ...(picture.find((lines) => lines.every((line) => line.length <= width)) ?? drawn(mesh, shownRanks / 4)),
    ...(groups.length > 0 ? ["", ...table(groups, [], width)] : []),
  ];
}

/** The first `most` ranks, a column each. */
function drawn(mesh: Mesh, most: number): string[] {
  const ranks = Array.from({ length: Math.min(mesh.world_size, most) }, (_, rank) => rank);
  const more = mesh.world_size > most ? ["..."] : [];
  const rows = [["dense", mesh.dense] as const, ["expert", mesh.expert] as const].flatMap(([name, axes]) =>
    axes
      .filter(({ size }) => size > 1)
      .map((axis) => [`${name} ${axis.name}`, ...ranks.map((rank) => String(coordinate(axis, rank))), ...more]),
  );
  return table(
    [["rank", ...ranks.map(String), ...more], ...rows],
    ranks.map((rank) => rank + 1),
  );
}

function coordinate({ size, stride }: Axis, rank: number): number {
  return Math.floor(rank / stride) % size;
}

function group({ name, size, stride }: Axis, { world_size }: Mesh): string[] {
  const members = Array.from({ length: Math.min(size, 4) }, (_, index) => index * stride);
  const last = size > 4 ? [...(size > 5 ? ["..."] : []), String((size - 1) * stride)] : [];
  const groups = world_size / size;
  return [name, `${plural(groups, "group")} of ${count(size)}`, `the first: ranks ${[...members, ...last].join(" ")}`];
}

/** What carries an axis' bytes where there are several machines. */
function wayOf(axis: Axis, cluster: Cluster): string {
  const islands = islandsOf(axis, cluster);
  const way = islands === 1 ? wayInside(cluster, axis.size * axis.stride) : wayAcross(cluster);
  const rate = way?.rate === undefined ? "" : `, ${way.rate} GB/s`;
  const place = islandSize(cluster) > cluster.gpus_per_node ? "rack" : "machine";
  if (islands === 1) return `on one ${place}${way === undefined ? "" : `: ${way.over}${rate}`}`;
  return `over ${plural(islands, place)}${rate}`;
}
