import fc from "fast-check";
import { expect, test } from "vitest";
import { gpus } from "../../src/cluster/gpus.ts";
import { islandSize, islandsOf, wayInside } from "../../src/cluster/links.ts";
import { draws } from "../sample.ts";

const machines = (name: string, gpus_per_node: number, world_size: number) => {
  const gpu = gpus.get(name);
  if (gpu === undefined) throw new Error(name);
  return { gpu, gpus_per_node, world_size };
};

test("the islands of an axis are those that the ranks of its widest group lie on", () => {
  const small = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(small, small, small, fc.integer({ min: 1, max: 9 }), (size, stride, blocks, gpus_per_node) => {
      const world_size = size * stride * blocks;
      const counts: number[] = [];
      for (let first = 0; first < world_size; first++) {
        if (Math.floor(first / stride) % size !== 0) continue;
        const ranks = Array.from({ length: size }, (_, index) => first + index * stride);
        counts.push(new Set(ranks.map((rank) => Math.floor(rank / gpus_per_node))).size);
      }
      const found = islandsOf({ size, stride }, machines("h100-sxm-80gb", gpus_per_node, world_size));
      expect(found).toBe(Math.max(...counts));
    }),
    draws(500, 20_000),
  );
});

test("a rack that NVLink joins is one island, as far as the job goes; a bridge ends with its machine", () => {
  expect(islandSize(machines("gb200-nvl-186gb", 4, 144))).toBe(72);
  expect(islandSize(machines("gb200-nvl-186gb", 4, 16))).toBe(16);
  expect(islandSize(machines("h200-nvl-141gb", 2, 16))).toBe(2);
  expect(wayInside(machines("h200-nvl-141gb", 8, 16), 4)).toEqual({ over: "NVLink", rate: 450 });
  expect(wayInside(machines("h200-nvl-141gb", 8, 16), 8)).toEqual({ over: "PCIe", rate: 64 });
});
