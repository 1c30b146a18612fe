import { axisSize, type Mesh, type Placed } from "../../../stack/mesh.ts";

/** How FSDP shares out dim 0 of what the other axes left of a parameter. */
export interface Shards {
  readonly axis: string;
  readonly ranks: number;
  /** Rows to share out. */
  readonly rows: number;
  /** Rows of a rank that has its full share. */
  readonly each: number;
  /** Ranks that get none. */
  readonly empty: number;
}

/** Whether each rank gets a row: 6 over 4 leaves the last one empty, 8 over 4 none. */
export function leavesNoRankEmpty(rows: number, ranks: number): boolean {
  return Math.ceil(rows / ranks) * (ranks - 1) < rows;
}

/**
 * Chunks as torch makes them: every rank takes `ceil(rows / ranks)` until none are left, so the last ranks may get
 * nothing although there are more rows than ranks: 6 over 4 is 2, 2, 2, 0.
 */
export function shardedOver({ parameter, placement }: Placed, mesh: Mesh): Shards {
  const axis = "efsdp" in placement ? "efsdp" : "fsdp";
  const ranks = axis in placement ? axisSize(mesh, axis) : 1;
  const inner = Object.entries(placement).find(([name, cut]) => name !== axis && cut === "Shard(0)");
  const whole = parameter.shape[0] ?? 1;
  const rows = inner === undefined ? whole : Math.ceil(whole / axisSize(mesh, inner[0]));
  const each = Math.ceil(rows / ranks);
  return { axis, ranks, rows, each, empty: ranks - Math.ceil(rows / each) };
}
