import { describe, expect, test } from "vitest";
import { policiesByWork } from "../../src/estimate/recompute.ts";
import { checkTree, config } from "../plans.ts";

/** What a plan that does not say it computes again, on a GPU of so many GB. */
function chosen(memory_gb: number, changes: Parameters<typeof checkTree>[0] = {}, model = config("Qwen3-30B-A3B")) {
  const cluster = { gpu: { name: "a-gpu", memory_gb } };
  const { value, diagnostics } = checkTree({ cluster, ...changes }, model);
  const codes = diagnostics.map(({ code }) => code);
  return { recompute: value?.plan.recompute, reason: value?.plan.provenance["recompute"]?.reason, codes };
}

describe("recompute that a plan leaves out", () => {
  test("is the less, the more memory there is, and leaves room", () => {
    const sizes = [76, 86, 90, 95, 120];
    const found = sizes.map((size) => chosen(size));
    const order = ["full", "attention", "experts", "none"];
    const places = found.map(({ recompute }) => order.indexOf(recompute ?? ""));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([found[0]?.recompute, found.at(-1)?.recompute]).toEqual(["full", "none"]);
    for (const { recompute, codes } of found) {
      if (recompute !== "full") expect(codes.filter((code) => /^PLN500[2-6]/.test(code))).toEqual([]);
    }
  });

  test("is what the same plan fits with when it says so, and no policy of less work does", () => {
    for (const size of [80, 88, 92, 97]) {
      const { recompute } = chosen(size);
      const fits = (written: string) =>
        checkTree({ cluster: { gpu: { name: "a-gpu", memory_gb: size } }, recompute: written }).diagnostics.every(
          ({ code }) => !/^PLN500[2-6]/.test(code),
        );
      const order = ["none", "experts", "attention"];
      expect([size, order.find(fits) ?? "full"]).toEqual([size, recompute]);
    }
  });

  test("has room for the load that the plan was measured to have", () => {
    const ep2 = { ep_size: 2, fsdp_size: 8 };
    const sizes = Array.from({ length: 15 }, (_, index) => 80 + 2 * index);
    const without = sizes.find((size) => chosen(size, { parallelism: ep2 }).recompute === "none") ?? 0;
    expect(chosen(without, { parallelism: { ...ep2, rank_load: 2 } }).recompute).not.toBe("none");
    expect(chosen(without, { parallelism: { ...ep2, rank_load: 1 } }).recompute).toBe("none");
  });

  test("is full where nothing bounds a step, and says why", () => {
    expect(chosen(200, { sft: { packing: false, packing_strategy: undefined, max_length: null } })).toMatchObject({
      recompute: "full",
      reason: "what a step takes of the GPU is not known",
    });
  });

  test("says what it takes and what less would take", () => {
    expect(chosen(200).reason).toMatch(/^a step takes \d+\.\d GiB of 186\.3 GiB$/);
    expect(chosen(76).reason).toMatch(
      /^of 70\.8 GiB none would take .* GiB, experts would .*, attention would .* GiB$/,
    );
  });
});

test("what is computed again is ordered by its operations", () => {
  const of = (length: number, changes = {}) => {
    const { value } = checkTree({ cluster: { gpu: "h200-sxm-141gb" } }, config("Qwen3-30B-A3B", changes));
    return value && policiesByWork(value.model, length);
  };
  // Of a token and a layer, in products: attention 18.9 million and 16.8 of scores at half of 4,096; gate and up of 8 experts 25.2.
  expect(of(4096)).toEqual(["none", "experts", "attention"]);
  // At 512 the scores are 2.1 million.
  expect(of(512)).toEqual(["none", "attention", "experts"]);
});
