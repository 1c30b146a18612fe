import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Trials } from "../../src/compiler.ts";
import type { Candidate } from "../../src/fit/candidate.ts";
import { bestPlans, open } from "../../src/fit/fit.ts";
import type { Machines } from "../../src/fit/request.ts";
import { planText } from "../../src/fit/text.ts";
import { stacks } from "../../src/stacks.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config } from "../plans.ts";
import { withPoints } from "../published-numbers.ts";
import { conformance } from "../sample.ts";

const request = { config: "config.json", name: "a", checkpoint: "/m", dataset: "/d", maxLength: 4096, lora: false };
const formats = ["float32", "bfloat16"] as const;
const policies = ["none", "attention", "experts", "full"] as const;
/** What is said of a step that fits, and of groups of experts over machines: such plans come behind all others. */
const avoided = /^PLN(5003|5005|5006|5041|5063)$/;

function filesOf(name: string, changes: Parameters<typeof config>[1] = {}) {
  return { "config.json": withPoints(JSON.stringify(config(name, changes))) };
}

/** A plan as check sees it; undefined where it refuses it. */
function judged(files: Readonly<Record<string, string>>, trials: Trials, candidate: Candidate) {
  const text = planText(stacks, request, candidate, { facts: trials });
  const { value, diagnostics } = checkPlan(memoryHost({ ...files, "plan.yaml": text }), "plan.yaml");
  const isAvoided = diagnostics.some(({ code }) => avoided.test(code));
  const time = value?.time !== undefined && "step_seconds" in value.time ? value.time.step_seconds : null;
  return value === undefined ? undefined : { time, isAvoided };
}

/** Every plan, by counting: nothing of the search's own enumeration, bounds or order. */
function* all(machines: Machines, sequences: number): Generator<Candidate> {
  const ranks = machines.nodes * machines.gpusPerNode;
  for (let tp_size = 1; tp_size <= ranks; tp_size++)
    for (let fsdp_size = 1; fsdp_size * tp_size <= ranks; fsdp_size++)
      for (let ep_size = 1; ep_size <= fsdp_size * tp_size; ep_size++) {
        const dp_replicate_size = ranks / fsdp_size / tp_size;
        const each = sequences / (dp_replicate_size * fsdp_size);
        if (!Number.isInteger(dp_replicate_size) || !Number.isInteger(each) || (fsdp_size * tp_size) % ep_size > 0)
          continue;
        for (let size = 1; size <= each; size++)
          for (const parameters of formats)
            for (const recompute of each % size === 0 ? policies : [])
              yield {
                ...{ machines, ep_size, fsdp_size, tp_size, dp_replicate_size, parameters, recompute },
                ...{ sequences: size, accumulation: each / size },
              };
      }
}

describe("the first plan", () => {
  const spaces = [
    ["OLMoE-1B-7B-0924", {}, { gpu: "h100-sxm-80gb", nodes: 1, gpusPerNode: 2 }, 4],
    ["Qwen3-30B-A3B", { num_hidden_layers: 12 }, { gpu: "h100-sxm-80gb", nodes: 1, gpusPerNode: 2 }, 4],
    ["Qwen3-30B-A3B", {}, { gpu: "h200-sxm-141gb", nodes: 1, gpusPerNode: 2 }, 4],
    ["Mixtral-8x7B-v0.1", { num_hidden_layers: 8 }, { gpu: "a100-sxm-80gb", nodes: 2, gpusPerNode: 2 }, 4],
  ] as const;
  const taken = conformance ? spaces : spaces.slice(0, 2);

  test.each(taken)(
    "of %s with %j on %j is the best of all there are",
    { timeout: 300_000 },
    (name, changes, machines, sequences) => {
      const files = filesOf(name, changes);
      const world = { host: memoryHost(files), stacks };
      const { value: trials } = open(world, "plan.yaml", request, machines);
      if (trials === undefined) throw new Error(`${name} is refused`);
      const found = bestPlans(world, "plan.yaml", request, trials, { machines: [machines], formats, sequences }, 1);
      const every = [...all(machines, sequences)].flatMap((candidate) => {
        const known = judged(files, trials, candidate);
        return known === undefined ? [] : [{ candidate, ...known }];
      });
      // What leaves room comes first, then float32, then time.
      const classes = [false, true].flatMap((isAvoided) =>
        formats.map((format) =>
          every.filter((each) => each.isAvoided === isAvoided && each.candidate.parameters === format),
        ),
      );
      const best = classes.find((each) => each.length > 0) ?? [];
      const fastest = Math.min(...best.map(({ time }) => time ?? Number.POSITIVE_INFINITY));
      expect(best.length).toBeGreaterThan(0);
      expect(found.plans[0]?.candidate.parameters).toBe(best[0]?.candidate.parameters);
      expect(found.plans[0]?.time?.step_seconds).toBeCloseTo(fastest, 9);
    },
  );
});

test("nothing is proposed that check refuses, and what is said of its time and memory is what check says", {
  timeout: 300_000,
}, () => {
  const machines = fc.record({
    gpu: fc.constantFrom("h100-sxm-80gb", "h200-sxm-141gb", "b200-sxm-180gb", "l40s-pcie-48gb", "h20-sxm-96gb"),
    nodes: fc.constantFrom(1, 1, 2, 3),
    gpusPerNode: fc.integer({ min: 1, max: 8 }),
  });
  const asked = fc.record({
    name: fc.constantFrom(
      "Qwen3-30B-A3B",
      "OLMoE-1B-7B-0924",
      "gpt-oss-20b",
      "Mixtral-8x7B-v0.1",
      "Qwen3-Next-80B-A3B",
    ),
    layers: fc.constantFrom(2, 4, 12),
    machines,
    times: fc.constantFrom(1, 2, 6),
    maxLength: fc.constantFrom(512, 4096, 32_768),
    lora: fc.boolean(),
  });
  let proposals = 0;
  fc.assert(
    fc.property(asked, ({ name, layers, machines: each, times, maxLength, lora }) => {
      const files = filesOf(name, { num_hidden_layers: layers });
      const world = { host: memoryHost(files), stacks };
      const own = { ...request, maxLength, lora };
      const { value: trials } = open(world, "plan.yaml", own, each);
      if (trials === undefined) return;
      const space = { machines: [each], formats, sequences: times * each.nodes * each.gpusPerNode };
      const { plans, others } = bestPlans(world, "plan.yaml", own, trials, space, 4);
      let before = 0;
      for (const { candidate, text, time } of [...plans, ...others]) {
        const { value, diagnostics } = checkPlan(memoryHost({ ...files, "plan.yaml": text }), "plan.yaml");
        expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(value?.batch.tokens_per_step).toBe(space.sequences * maxLength);
        expect(value?.plan.recompute).toBe(candidate.recompute);
        if (time !== null) expect(value?.time).toMatchObject({ step_seconds: expect.closeTo(time.step_seconds, 9) });
        proposals++;
      }
      for (const { time } of plans) {
        expect(time?.step_seconds ?? before).toBeGreaterThanOrEqual(before);
        before = time?.step_seconds ?? before;
      }
    }),
    { numRuns: conformance ? 200 : 12, seed: 7 },
  );
  expect(proposals).toBeGreaterThan(10);
});

test("what is held at least is no more than what the step is played to hold", () => {
  let played = 0;
  for (const name of ["Qwen3-30B-A3B", "gpt-oss-20b", "OLMoE-1B-7B-0924"]) {
    const files = filesOf(name, { num_hidden_layers: 6 });
    const machines = { gpu: "h200-sxm-141gb", nodes: 1, gpusPerNode: 4 };
    for (const lora of [false, true]) {
      const { value: trials } = open({ host: memoryHost(files), stacks }, "plan.yaml", { ...request, lora }, machines);
      for (const recompute of policies)
        for (const [per_device_train_batch_size, gradient_accumulation_steps] of [
          [1, 1],
          [4, 1],
          [2, 3],
        ]) {
          const { plan } = trials ?? {};
          if (plan === undefined || trials === undefined) throw new Error(`${name} is refused`);
          const options = { ...plan.options, per_device_train_batch_size, gradient_accumulation_steps };
          const cluster = { ...plan.cluster, gpu: machines.gpu, nodes: 1, gpus_per_node: 4 };
          const parallelism = { ...plan.parallelism, ep_size: 2, fsdp_size: 4 };
          const memory = trials.judge({ ...plan, cluster, parallelism, recompute, options }).mesh?.memory;
          if (!memory?.peak || memory.least === null) continue;
          played++;
          expect(memory.least).toBeLessThanOrEqual(memory.peak.reserved);
          expect(memory.least).toBeGreaterThan(memory.parameters + memory.optimizer);
        }
    }
  }
  expect(played).toBeGreaterThan(40);
});
