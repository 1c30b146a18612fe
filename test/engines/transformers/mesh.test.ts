import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { solveMesh } from "../../../src/engines/transformers/mesh/solve.ts";
import { legalEpSizes } from "../../../src/engines/transformers/rules/legal-ep-sizes.ts";
import { checkTree, config, errorsOf } from "../../plans.ts";
import { draws } from "../../sample.ts";

describe("mesh", () => {
  it("gives both views of the reference mesh", () => {
    const mesh = checkTree().value?.mesh;
    expect(mesh?.dense).toEqual([
      { name: "pp", size: 1, stride: 8 },
      { name: "dp_replicate", size: 1, stride: 8 },
      { name: "fsdp", size: 8, stride: 1 },
      { name: "tp", size: 1, stride: 1 },
    ]);
    expect(mesh?.expert.map(({ size }) => size)).toEqual([1, 1, 1, 8]);
  });

  it("pairs ranks 0 and 8 along efsdp for ep 8 on 16 ranks", () => {
    const mesh = checkTree({ cluster: { nodes: 2 }, parallelism: { fsdp_size: 16 } }).value?.mesh;
    expect(mesh?.expert.slice(2)).toEqual([
      { name: "efsdp", size: 2, stride: 8 },
      { name: "ep", size: 8, stride: 1 },
    ]);
  });

  it("covers every rank exactly once, whatever the sizes", () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(size, size, size, size, (dp_replicate_size, efsdp, groups, tp_size) => {
        const ep_size = groups * tp_size;
        const fsdp_size = efsdp * groups;
        const world_size = dp_replicate_size * fsdp_size * tp_size;
        const mesh = solveMesh({ ep_size, fsdp_size, tp_size, dp_replicate_size, pp_size: 1, world_size });
        for (const view of [mesh.dense, mesh.expert]) {
          const ranks = view.reduce<number[]>(
            (all, axis) => all.flatMap((rank) => Array.from({ length: axis.size }, (_, i) => rank + i * axis.stride)),
            [0],
          );
          expect(ranks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: world_size }, (_, rank) => rank));
        }
      }),
      draws(100, 1000),
    );
  });

  it("infers fsdp_size from the cluster and says why", () => {
    const checked = checkTree({
      cluster: { nodes: 4 },
      parallelism: { fsdp_size: undefined, tp_size: 2, dp_replicate_size: 2 },
    }).value;
    expect(checked?.sizes.fsdp_size).toBe(8);
    expect(checked?.batch.distinct_batches).toBe(16);
  });
});

describe("the ep_size that rules offer", () => {
  const sizesOfFsdp = [4, 6, 8, 9, 16];

  it.each([
    ["Mixtral-8x7B-v0.1", 8],
    ["Mixtral-8x7B-v0.1", 12],
    ["gpt-oss-20b", 12],
  ])("is what check takes: %s with %i experts", (name, num_local_experts) => {
    const model = config(name, { num_hidden_layers: 2, layer_types: undefined, num_local_experts });
    for (const [fsdp_size, tp_size] of sizesOfFsdp.flatMap((size) => [1, 2].map((tp) => [size, tp] as const))) {
      const world_size = fsdp_size * tp_size;
      const of = (ep_size: number) => ({
        cluster: { gpu: { name: "large", memory_gb: 900 }, gpus_per_node: world_size },
        parallelism: { ep_size, fsdp_size, tp_size },
      });
      const bound = checkTree(of(1), model).facts.model;
      if (bound === undefined) throw new Error("no model");
      const sizes = { ep_size: 1, fsdp_size, tp_size, dp_replicate_size: 1, pp_size: 1, world_size };
      const taken = Array.from({ length: world_size }, (_, index) => index + 1).filter(
        (ep_size) => errorsOf(of(ep_size), model).length === 0,
      );
      expect(legalEpSizes({ model: bound.model, sizes }), `fsdp_size ${fsdp_size}, tp_size ${tp_size}`).toEqual(taken);
    }
  });
});
