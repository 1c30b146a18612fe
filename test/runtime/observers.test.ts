/** Nothing that watches a run ends it: whatever fails, on whichever rank, the same model is saved, with one warning. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyJob } from "./toy-bundle.ts";

interface Outcome {
  readonly raised: string | null;
  readonly warnings: readonly string[];
  /** Digests of the saved models: in the output folder, and elsewhere. */
  readonly models: readonly string[];
  /** Of the last log of a step. */
  readonly keys: readonly string[];
  readonly measured: Readonly<Record<string, unknown>> | null;
}

const folder = mkdtempSync(join(tmpdir(), "planc-observers-"));
afterAll(() => rmSync(folder, { recursive: true }));

const config = { ...smallConfig("qwen3_moe"), num_experts: 8, moe_intermediate_size: 24 };
const sizes = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 } };
// Nothing bounds a step's logits, whose bytes are null in the lock.
const unbounded = { max_length: null, packing: false, max_steps: 2, logging_steps: 1, report_to: "none" };

let made: Result | undefined;
let result: Result | undefined;
let ranks: readonly Readonly<Record<string, Outcome>>[] = [];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const bundle = await toyBundle(folder, config, { ...sizes, sft: unbounded });
  const options = { ...unbounded, max_length: 32, packing: true, packing_strategy: "wrapped", disable_tqdm: true };
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  [made, result] = runJobs([
    toyJob(folder, config),
    { program: ownProgram("observer_faults.py"), arguments: [folder, ...given], world: 2, folder, path: bundle },
  ]);
  if (result?.status.every((status) => status === 0))
    ranks = result.stdout.map((text) => JSON.parse(text.trim().split("\n").at(-1) ?? ""));
});

const of = (name: string) => ranks.map((found) => found[name] as Outcome);
const warningsOf = (name: string) => of(name).flatMap(({ warnings }) => warnings);

test("every fault runs to its end, on each rank", () => {
  expect(made?.status).toEqual([0]);
  expect(result?.status, result?.stderr.join("\n").slice(-4000)).toEqual([0, 0]);
  expect(Object.keys(ranks[0] ?? {}).length).toBeGreaterThan(40);
  expect(of("none").map(({ raised, warnings }) => [raised, warnings])).toEqual([
    [null, []],
    [null, []],
  ]);
});

test("the figures are measured, and what nothing bounds is null in them", () => {
  const [first] = of("none");
  expect(first?.keys).toEqual(expect.arrayContaining(["tokens_per_second_per_gpu", "expert_load", "dispatch_seconds"]));
  expect(first?.measured).toMatchObject({
    plan: "test",
    predicted: { memory: { logits: null, total: expect.any(Number) }, tokens_per_step: null },
  });
});

/** What a fault takes from the log, by the beginning of its name; the others take nothing. */
const takes: Readonly<Record<string, readonly string[]>> = {
  "experts ": ["expert_load"],
  load: ["expert_load"],
  "tokens ": ["tokens_per_second_per_gpu"],
  "a clock": ["tokens_per_second_per_gpu"],
  "dispatch time": ["dispatch_seconds"],
  "no lock": ["tokens_per_second_per_gpu"],
  "a lock": ["tokens_per_second_per_gpu"],
};

describe("a fault of what only watches", () => {
  test("leaves the model as it is without it, and gives one warning", () => {
    const [sound] = of("none");
    const names = Object.keys(ranks[0] ?? {}).filter((name) => !/^(none|full|adding up)/.test(name));
    expect(names.length).toBeGreaterThan(35);
    for (const name of names) {
      for (const { raised, models } of of(name)) expect([name, raised, models]).toEqual([name, null, sound?.models]);
      const warnings = warningsOf(name);
      expect([name, warnings]).toEqual([name, [expect.stringMatching(/^warning: [^\n]+$/)]]);
    }
  });

  test("takes its own figures away, and no others", () => {
    const [sound] = of("none");
    for (const [begin, lost] of Object.entries(takes)) {
      const names = Object.keys(ranks[0] ?? {}).filter((name) => name.startsWith(begin));
      expect(names.length).toBeGreaterThan(1);
      for (const name of names) {
        const kept = sound?.keys.filter((key) => !lost.includes(key));
        expect([name, of(name)[0]?.keys]).toEqual([name, kept]);
      }
    }
  });

  test("is named, with the rank's own words", () => {
    expect(warningsOf("flops on rank 1")).toEqual([
      "warning: the training goes on without mfu: RuntimeError: out of luck",
    ]);
    expect(warningsOf("metrics on_step_end on rank 1")[0]).toMatch(
      /^warning: Metrics.on_step_end failed: RuntimeError: out of luck; the training goes on/,
    );
    expect(warningsOf("reporter on_train_end on rank 0")[0]).toMatch(/^warning: Reporter.on_train_end failed: /);
    expect(warningsOf("measured.json on rank 0")[0]).toMatch(/measured\.json was not written: .*No space left/);
    expect(warningsOf("model card on rank 0")[0]).toMatch(/^warning: no model card was written: /);
  });

  test("in adding up itself holds the others up only as long as they are patient", () => {
    for (const rank of [0, 1]) {
      const name = `adding up on rank ${rank}`;
      for (const { raised, models } of of(name)) expect([raised, models]).toEqual([null, of("none")[0]?.models]);
      expect(warningsOf(name)).toHaveLength(2);
      for (const warning of warningsOf(name)) expect(warning).toContain("the training goes on without figures");
    }
  });
});

describe("a disk that is full", () => {
  test("for a checkpoint on the way costs that checkpoint", () => {
    for (const { raised, models } of of("full for a checkpoint on rank 0"))
      expect([raised, models]).toEqual([null, of("none")[0]?.models]);
    const warnings = warningsOf("full for a checkpoint on rank 0");
    expect(warnings).toEqual([1, 2].map((step) => expect.stringContaining(`checkpoint-${step} was not saved: `)));
  });

  test("at the end: the whole model is in the second place, and every rank fails alike", () => {
    for (const { raised, models } of of("full on rank 0")) {
      expect(raised).toMatch(/the model could not be written to .*No space left on device; it is whole in .*elsewhere/);
      expect(models).toEqual(of("none")[0]?.models);
    }
  });

  test("everywhere: the run says what is lost, and what helps the next time", () => {
    for (const { raised } of of("full everywhere on rank 0"))
      expect(raised).toMatch(/nor to .*: OSError: .*; there is no checkpoint: set PLANC_SECOND_OUTPUT to a folder/);
  });
});
