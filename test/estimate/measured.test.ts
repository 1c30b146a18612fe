/** The peak of a step against what torch's allocator had on an H200, a rank of the mesh alone: docs/benchmarks.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Configuration, fitted, last, others } from "../../scripts/bench/memory/configurations.ts";
import { configOf, planOf } from "../../scripts/bench/memory/plan.ts";
import { root } from "../../scripts/root.ts";
import { peaksOf } from "../../src/estimate/peak.ts";
import type { LayerUnits, Units } from "../../src/estimate/step/fsdp.ts";
import { Ledger } from "../../src/estimate/step/ledger.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";

interface Bytes {
  readonly allocated: number;
  readonly reserved: number;
}

const measured: Readonly<Record<string, Bytes>> = JSON.parse(
  readFileSync(join(root, "test/fixtures/memory/h200.json"), "utf8"),
);

const factsOf = (configuration: Configuration) => {
  const host = memoryHost({ "plan.yaml": planOf(configuration), "config.json": configOf(configuration) });
  return checkPlan(host, "plan.yaml").facts.mesh;
};
const peakOf = (configuration: Configuration) => factsOf(configuration)?.memory.peak;

/** The runtime that was measured left all experts to FSDP. */
function inside(units: Units): Units {
  const layers = new Map<number, LayerUnits>();
  return {
    ...units,
    layer: (index) => {
      const { experts, ...rest } = units.layer(index);
      const layer = layers.get(index) ?? { ...rest, experts: { ...experts, isOutside: false } };
      layers.set(index, layer);
      return layer;
    },
  };
}

/** The peak with that runtime. */
function recordedPeakOf(configuration: Configuration) {
  const facts = factsOf(configuration);
  if (facts === undefined) return undefined;
  const units = inside(facts.units);
  const { attention } = facts.memory;
  const { kind } = facts.attentionSize;
  return peaksOf({
    ...facts,
    units,
    states: facts.memory,
    attention,
    lowRank: null,
    hasScores: kind === "eager",
    keepsRouterLogits: facts.task.keepsRouterLogits(facts),
    makesLogits: facts.task.makesLogits(facts.plan),
    kernels: "gpu",
  })(1);
}

describe("the peak that is foreseen", () => {
  test.each([...fitted, ...others, ...last])("of $name is the measured one", (configuration) => {
    const peak = recordedPeakOf(configuration);
    const { allocated, reserved } = measured[configuration.name] as Bytes;
    expect(Math.abs((peak?.allocated ?? 0) / allocated - 1)).toBeLessThan(0.005);
    expect(Math.abs((peak?.reserved ?? 0) / reserved - 1)).toBeLessThan(0.05);
  });

  test.each([
    [1, 2 ** 31 - 1, 1],
    [2 ** 31 - 1, 4096, 1],
    [1, 4096, 2 ** 31 - 1],
  ] as const)("is told, and what would fit is sought, of micro-batches beyond all use: %i x %i x %i", (...batch) => {
    const [first] = fitted as [Configuration];
    expect(peakOf({ ...first, batch })?.allocated).toBeGreaterThan(3e10);
  });

  test("takes no longer with more layers or ranks", () => {
    const allocate = vi.spyOn(Ledger.prototype, "allocate");
    const cost = (layers: number, ranks: number) => {
      allocate.mockClear();
      const [first] = fitted as [Configuration];
      expect(peakOf({ ...first, layers, mesh: { ep_size: ranks, fsdp_size: ranks } })?.allocated).toBeGreaterThan(0);
      return allocate.mock.calls.length;
    };
    const usual = cost(32, 8);
    expect(cost(32, 128)).toBe(usual);
    expect(cost(320, 128)).toBe(usual);
    allocate.mockRestore();
  });
});
