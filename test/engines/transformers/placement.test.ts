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

const fixture = read<Fixture>("placements.json");
/** Release → what is other on it than on the one that the fixture was recorded with. */
const others: Readonly<Record<string, Fixture["cases"]>> = {
  "5.23.0": [],
  "5.24.0": read<Fixture>("placements-5.24.json").cases,
};
const factors: readonly Size[] = ["pp_size", "dp_replicate_size", "fsdp_size", "tp_size"];

const runs = Object.entries(others).flatMap(([release, changed]) =>
  fixture.cases.map((row) => {
    const parameters = { ...row.parameters, ...changed.find(({ id }) => id === row.id)?.parameters };
    return { ...row, release, parameters };
  }),
);

describe.each(runs)("$release $id", ({ release, model, parallel, parameters, id }) => {
  const world = factors.reduce((ranks, factor) => ranks * (parallel[factor] ?? 1), 1);
  const { value, diagnostics } = checkTree(
    planOf({ id, model, world, parallel, outcome: "ok" }, release),
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

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8"));
}

/** `S(0)`, `_S(0, 2)`, `S(-1)` → the dim, counted from the front. */
function dimOf(kind: string, dims: number): number {
  const dim = Number(/\(([-\d]+)/.exec(kind)?.[1]);
  return dim < 0 ? dim + dims : dim;
}
