/** A file of `planc bench --calibrate`: what it says of a machine, and files that say nothing. */
import { expect, test } from "vitest";
import type { Gpu } from "../../src/cluster/cluster.ts";
import { gpus } from "../../src/cluster/gpus.ts";
import { isOf, readCalibration } from "../../src/estimate/time/calibration.ts";
import { groupedSeconds, productSeconds } from "../../src/estimate/time/compute.ts";
import { collectiveSeconds } from "../../src/estimate/time/links.ts";
import { type Rates, ratesOf } from "../../src/estimate/time/rates.ts";
import { ratesFor } from "../../src/stack/step-time.ts";
import { memoryHost } from "../host.ts";

const h200 = gpus.get("h200-sxm-141gb") as Gpu;
const own = ratesOf(h200) as Rates;
/** A machine that is half as fast. */
const half: Rates = { ...own, dense: own.dense / 2, grouped: own.grouped / 2, copy: own.copy / 2 };
const link = [2 ** 20, 2 ** 28].map((bytes) => [bytes, 5e-5 + bytes / 1e11]);
const sound = {
  version: 1,
  planc: "0.1.0",
  made: "2026-11-29",
  torch: "2.11.0",
  gpu: "h200-sxm-141gb",
  device: "NVIDIA H200",
  launch_seconds: 2e-5,
  copy: { bytes: 2 ** 31, seconds: 2 ** 31 / half.copy },
  dense: [
    { rows: 16_384, k: 2048, n: 4096, seconds: productSeconds(half, 16_384, 2048, 4096) },
    { rows: 16_384, k: 2048, n: 512, seconds: productSeconds(half, 16_384, 2048, 512) },
  ],
  grouped: [{ rows: 131_072, k: 2048, n: 1536, experts: 64, seconds: groupedSeconds(half, 131_072, 2048, 1536, 64) }],
  attention: { flops: 1e12, forward: 2e-3, backward: 5e-3 },
  links: { ranks: 2, all_gather: link, reduce_scatter: link, all_to_all: link },
};
const read = (text: string) => readCalibration(memoryHost({ "calibration.json": text }), "calibration.json");
const judged = (changes: object) => read(JSON.stringify({ ...sound, ...changes }));

test("its rates are those of the machine", () => {
  const { value, diagnostics } = read(JSON.stringify(sound));
  expect(diagnostics).toEqual([]);
  const { rates } = value ?? {};
  expect(rates?.dense).toBeCloseTo(half.dense, -9);
  expect(rates?.grouped).toBeCloseTo(half.grouped, -9);
  expect((rates?.copy ?? 0) / half.copy).toBeCloseTo(1, 9);
  expect(rates?.attention_forward).toBeCloseTo(5e14, -6);
  expect(rates?.attention_backward).toBeCloseTo(5e14, -6);
  expect(rates?.launch).toBeCloseTo(2e-5 / 3, 12);
  const found = ratesFor(h200, value) as Rates;
  const group = { size: 2, islands: 1 };
  expect(collectiveSeconds(found, "all_to_all", group, 1e9, 3)).toBeCloseTo(3 * 5e-5 + 1e9 / 1e11, 9);
  expect(found.across).toEqual(own.across);
});

test("of one GPU the links are planc's own", () => {
  expect(ratesFor(h200, judged({ links: null }).value)?.inside).toEqual(own.inside);
});

test("is of the GPU that the plan names, and that was there", () => {
  const of = (changes: object, name = "h200-sxm-141gb") => {
    const { value } = judged(changes);
    return value !== undefined && isOf(value, gpus.get(name) as Gpu);
  };
  expect(of({})).toBe(true);
  expect(of({}, "h100-sxm-80gb")).toBe(false);
  expect(of({ device: "NVIDIA H100 80GB HBM3" })).toBe(false);
  expect(of({ device: "CPU" })).toBe(false);
});

test.each([
  ["text for a number", { launch_seconds: "2e-5" }, 'launch_seconds is "2e-5"; a number above 0 is expected'],
  ["nothing", { copy: undefined }, "copy.bytes is missing; a number above 0 is expected"],
  [
    "no time at all",
    { attention: { flops: 1e12, forward: 0, backward: 1 } },
    "attention.forward is 0; a number above 0 is expected",
  ],
  ["a negative time", { copy: { bytes: 1, seconds: -1 } }, "copy.seconds is -1; a number above 0 is expected"],
  ["an empty list", { dense: [] }, "dense is []; a list of what was measured is expected"],
  ["a list for a name", { gpu: ["h200"] }, 'gpu is ["h200"]; a text is expected'],
  [
    "half of a link",
    { links: { ...sound.links, all_gather: [[1, 1]] } },
    "links.all_gather.1.0 is missing; a number above 0 is expected",
  ],
])("%s is refused", (_, changes, message) => {
  const { value, diagnostics } = judged(changes);
  expect(value).toBeUndefined();
  expect(diagnostics[0]?.code).toBe("PLN5100");
  expect(diagnostics[0]?.message).toBe(`calibration.json is no calibration: ${message}`);
});

test("another version is said", () => {
  expect(judged({ version: 2 }).diagnostics.map(({ message }) => message)).toEqual([
    "calibration.json is a calibration of version 2; this planc reads version 1",
  ]);
});

test.each(["", "{", JSON.stringify(sound).slice(0, 300), "[]", "null", "7"])("%j is no calibration", (text) => {
  const { value, diagnostics } = read(text);
  expect(value).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
});
