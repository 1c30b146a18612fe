import { expect, test } from "vitest";
import { readRun } from "../../src/report/read/run.ts";
import { axisRows } from "../../src/report/sections/mesh.ts";
import { memoryHost } from "../host.ts";
import { edited, runFiles } from "./fixture.ts";

/** Every mesh of powers of two with as many ranks as a picture shows at most: the groups against their definition. */
test("ranks that differ in one coordinate alone are a group of that axis", () => {
  for (const [ep, fsdp, replicas] of [
    [2, 4, 2],
    [4, 4, 4],
    [8, 8, 2],
    [1, 16, 1],
    [4, 8, 1],
  ] as const) {
    const efsdp = fsdp / ep;
    const world = fsdp * replicas;
    const views = { dense: [replicas, fsdp], expert: [replicas, efsdp, ep] };
    const axes = { dense: ["dp_replicate", "fsdp"], expert: ["dp_replicate", "efsdp", "ep"] } as const;
    const sizes = (view: "dense" | "expert") =>
      Object.fromEntries(axes[view].map((name, index) => [name, views[view][index]]));
    const strides = { dp_replicate: fsdp, fsdp: 1, efsdp: ep, ep: 1 };
    const groups = Object.fromEntries(
      Object.entries({ ...sizes("dense"), ...sizes("expert") }).map(([name, size = 1]) => [
        name,
        { size, count: world / size, stride: strides[name as keyof typeof strides] },
      ]),
    );
    const mesh = { world_size: world, dense: sizes("dense"), expert: sizes("expert"), groups };
    const lock = edited("plan.lock.json", { mesh });
    const { value } = readRun(memoryHost(runFiles({ "plan.lock.json": lock, "measured.json": undefined })), "run");
    if (value === undefined) throw new Error("the lock cannot be read");
    const rows = axisRows(value.plan);
    expect(rows.map(({ axis }) => axis.name).sort()).toEqual(
      Object.entries(groups)
        .filter(([, { size }]) => size > 1)
        .map(([name]) => name)
        .sort(),
    );
    for (const { axis, ranks } of rows) {
      const view = axes.dense.some((name) => name === axis.name) ? ("dense" as const) : ("expert" as const);
      const others = (rank: number) =>
        coordinates(rank, views[view])
          .filter((_, index) => axes[view][index] !== axis.name)
          .join();
      const own = (rank: number) =>
        coordinates(rank, views[view])[
          [...axes[view].keys()].findLast((index) => axes[view][index] === axis.name) ?? -1
        ];
      ranks.forEach(({ group, place }, a) => {
        expect(place).toBe(own(a));
        const same = ranks.map((other) => other.group === group);
        expect([a, same]).toEqual([a, ranks.map((_, b) => others(a) === others(b))]);
      });
    }
  }
});

/** Of a rank along axes of these sizes, the slowest first. */
function coordinates(rank: number, sizes: readonly number[]): number[] {
  const [size = 1, ...faster] = sizes;
  const stride = faster.reduce((product, each) => product * each, 1);
  return [Math.floor(rank / stride) % size, ...(faster.length > 0 ? coordinates(rank % stride, faster) : [])];
}
