import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkTree } from "../../plans.ts";
import { type Case, planOf, type Size } from "./outcomes.ts";

/** What every parameter became on the real stack: shape, local shape on rank 0, mesh axis → placement. */
interface Fixture {
  readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly cases: readonly (Pick<Case, "id" | "model" | "parallel"> & {
    readonly parameters: Readonly<Record<string, Cells>>;
  })[];
}
type Cells = readonly [
  shape: readonly number[],
  local: readonly number[],
  placements: Readonly<Record<string, string>>,
];

const fixture: Fixture = JSON.parse(readFileSync(new URL("../../fixtures/placements.json", import.meta.url), "utf8"));
const factors: readonly Size[] = ["pp_size", "dp_replicate_size", "fsdp_size", "tp_size"];

describe.each(fixture.cases)("$id", ({ model, parallel, parameters, id }) => {
  const world = factors.reduce((ranks, factor) => ranks * (parallel[factor] ?? 1), 1);
  const { value, diagnostics } = checkTree(
    planOf({ id, model, world, parallel, outcome: "ok" }),
    fixture.models[model],
  );
  const axes = new Map(
    [...(value?.mesh.dense ?? []), ...(value?.mesh.expert ?? [])].map(({ name, size }) => [name as string, size]),
  );

  it("is accepted", () => expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]));

  it.each(Object.entries(parameters))("%s", (name, [shape, local, placements]) => {
    const placed = value?.placed.find(({ parameter }) => parameter.name.replace("{layer}", "*") === name);
    const cuts = Object.entries(placements).filter(([axis, kind]) => kind !== "R" && (axes.get(axis) ?? 1) > 1);
    expect(placed?.parameter.shape).toEqual(shape);
    expect(placed?.local_shape).toEqual(local);
    expect(placed?.placement).toEqual(
      Object.fromEntries(cuts.map(([axis, kind]) => [axis, `Shard(${dimOf(kind, shape.length)})`])),
    );
  });
});

/** `S(0)`, `_S(0, 2)`, `S(-1)` → the dim, counted from the front. */
function dimOf(kind: string, dims: number): number {
  const dim = Number(/\(([-\d]+)/.exec(kind)?.[1]);
  return dim < 0 ? dim + dims : dim;
}
