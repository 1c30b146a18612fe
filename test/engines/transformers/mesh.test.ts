import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { solveMesh } from "../../../src/engines/transformers/mesh/solve.ts";
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

describe("mesh rules", () => {
  const cases: readonly (readonly [string, Parameters<typeof errorsOf>[0], readonly string[]])[] = [
    ["16 GPUs for 8 ranks", { cluster: { nodes: 2 } }, ["PLN3001"]],
    [
      "tp_size that leaves a fraction for fsdp",
      { parallelism: { fsdp_size: undefined, tp_size: 3, ep_size: 1 } },
      ["PLN3001"],
    ],
    ["128 experts over 6", { cluster: { gpus_per_node: 6 }, parallelism: { ep_size: 6, fsdp_size: 6 } }, ["PLN3002"]],
    ["ep 2 below tp 4", { parallelism: { ep_size: 2, fsdp_size: 2, tp_size: 4 } }, ["PLN3003"]],
    ["ep 16 on 8 ranks", { parallelism: { ep_size: 16 } }, ["PLN3004"]],
    ["ep over replicas", { cluster: { nodes: 2 }, parallelism: { ep_size: 16, dp_replicate_size: 2 } }, ["PLN3004"]],
    ["pipeline", { cluster: { nodes: 2 }, parallelism: { pp_size: 2 } }, ["PLN3006"]],
    ["all_reduce over fsdp", { parallelism: { ep_implementation: "all_reduce" } }, ["PLN3008"]],
    ["a GPU nobody knows", { cluster: { gpu: "h100" } }, ["PLN5001"]],
    ["states larger than the GPU", { cluster: { gpu: "a100-sxm-40gb" } }, ["PLN5002"]],
    ["ep with a legal size", { parallelism: { ep_size: 4 } }, []],
    ["fsdp alone", { parallelism: { ep_size: 1 } }, []],
  ];
  it.each(cases)("%s", (_, changes, codes) => {
    expect(errorsOf(changes)).toEqual(codes);
  });

  it("refuses fewer local experts than efsdp", () => {
    const changes = { cluster: { nodes: 4 }, parallelism: { ep_size: 8, fsdp_size: 32 } };
    const few = { num_local_experts: 8 };
    expect(errorsOf(changes, config("Mixtral-8x7B-v0.1", few))).toEqual(["PLN3005"]);
    expect(errorsOf(changes, config("Mixtral-8x7B-v0.1", { num_local_experts: 32, num_hidden_layers: 8 }))).toEqual([]);
  });

  it("offers the legal ep_size nearest to the written one as a fix", () => {
    const [diagnostic] = checkTree({
      cluster: { gpus_per_node: 12 },
      parallelism: { ep_size: 3, fsdp_size: 12 },
    }).diagnostics.filter(({ severity }) => severity === "error");
    expect(diagnostic?.message).toBe("128 experts cannot be shared out over ep_size 3: 2 would be left over");
    expect(diagnostic?.help).toBe("legal ep_size here: 1, 2 or 4");
    expect(diagnostic?.fixes[0]?.edits[0]?.newText).toBe("2");
    expect(diagnostic?.related[0]?.location.file).toBe("config.json");
  });
});
