import fc from "fast-check";
import { expect, test } from "vitest";
import { foldMesh } from "../../src/toy/fold.ts";
import { draws } from "../sample.ts";

const size = fc.constantFrom(1, 2, 3, 4, 6, 8, 16, 32, 128);

test("every axis above 1 stays above 1, in both views", () => {
  fc.assert(
    fc.property(size, size, size, (dp_replicate_size, efsdp, ep_size) => {
      const whole = { dp_replicate_size, fsdp_size: efsdp * ep_size, tp_size: 1, ep_size };
      const found = foldMesh(whole, 8);
      const axes = [dp_replicate_size, efsdp, ep_size];
      const least = axes.map((axis) => (axis === 1 ? 1 : Math.min(...[2, 3].filter((prime) => axis % prime === 0))));
      const needs = least.reduce((product, axis) => product * axis, 1);
      if (needs > 8) return;
      if (found === undefined) throw new Error("it can be folded");
      const folded = [found.dp_replicate_size, found.fsdp_size / found.ep_size, found.ep_size];
      expect(folded.reduce((product, axis) => product * axis, 1)).toBeLessThanOrEqual(8);
      folded.forEach((axis, index) => {
        expect(axis > 1).toBe((axes[index] ?? 0) > 1);
      });
      expect([dp_replicate_size % found.dp_replicate_size, ep_size % found.ep_size]).toEqual([0, 0]);
    }),
    draws(100, 1000),
  );
});

test("a mesh that fits is left as it is, and one that takes more ranks is not folded", () => {
  const reference = { dp_replicate_size: 1, fsdp_size: 8, tp_size: 1, ep_size: 8 };
  expect(foldMesh(reference, 8)).toEqual(reference);
  expect(foldMesh({ dp_replicate_size: 2, fsdp_size: 16, tp_size: 1, ep_size: 4 }, 4)).toBeUndefined();
  const large = { dp_replicate_size: 16, fsdp_size: 256, tp_size: 1, ep_size: 128 };
  expect(foldMesh(large, 8)).toEqual({ dp_replicate_size: 2, fsdp_size: 4, tp_size: 1, ep_size: 2 });
});
