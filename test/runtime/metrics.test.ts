/** What a bundle's training says of itself, against counts that are made without it. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { gpus } from "../../src/cluster/gpus.ts";
import { type FlopsOfKind, type FlopsPerToken, flopsPerToken, operationsOf } from "../../src/estimate/operations.ts";
import { readModel } from "../../src/model/read.ts";
import { readPlan } from "../../src/plan/read.ts";
import { checkPlan, compilePlan, transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { smallConfig } from "../model/variants.ts";
import { plan } from "../plans.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle } from "./toy-bundle.ts";

type Counts = Readonly<Record<string, readonly number[]>>;

const folder = mkdtempSync(join(tmpdir(), "planc-metrics-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: readonly string[]) => join(folder, ...names);

const small = { ...smallConfig("qwen3_moe"), num_experts: 8, moe_intermediate_size: 24 };
const latent = { num_key_value_heads: 6 };
const toys = [
  small,
  { ...smallConfig("qwen2_moe"), qkv_bias: false },
  { ...smallConfig("deepseek_v3"), ...latent, n_group: 1 },
  { ...smallConfig("mixtral"), tie_word_embeddings: true },
  smallConfig("gpt_oss"),
  smallConfig("glm4_moe"),
  smallConfig("olmoe"),
];

/** Adapters of attention: of those of experts stock PEFT multiplies other matrices than planc. */
const lora = { r: 4, target_modules: ["q_proj", "k_proj", "v_proj", "o_proj"] };

/** The operations of a toy of which adapters are trained. Nothing goes back beyond the first layer's own adapters. */
function adapted() {
  const files = { "plan.yaml": JSON.stringify(plan({ lora })), "config.json": JSON.stringify(small) };
  const { adapter, model } = checkPlan(memoryHost(files), "plan.yaml").value ?? {};
  if (adapter === undefined || model === undefined) throw new Error("planc refuses its own toy");
  const first = adapter.pairs.filter(({ of }) => /\.[qkv]_proj\./.test(of.name));
  const ends = first.map(({ r, in_features, out_features }) => 2 * in_features * (out_features + r));
  const { config, vectors } = counted(small);
  return {
    ...{ config, lora, flops_per_token: flopsPerToken(model, adapter.pairs) },
    vectors: (4 * vectors) / 6 + ends.reduce((sum, flops) => sum + flops, 0),
  };
}

/** A toy's config, and what planc counts of it. */
function counted(config: Readonly<Record<string, unknown>>) {
  const host = memoryHost({ "plan.yaml": JSON.stringify(plan()), "config.json": JSON.stringify(config) });
  const read = readPlan(host, "plan.yaml").value;
  const model = read && readModel(host, read, transformersRelease()).value;
  if (model === undefined) throw new Error("planc cannot read its own toy");
  const vectors = operationsOf(model).filter(({ k }) => k === 1);
  const each = vectors.map(({ layers, rows, n }) => 6 * rows * n * (layers?.length ?? 1));
  return { config, flops_per_token: flopsPerToken(model), vectors: each.reduce((sum, flops) => sum + flops, 0) };
}

const options = { max_steps: 4, logging_steps: 2, per_device_train_batch_size: 2, max_length: 32, disable_tqdm: true };
const runs = {
  padded: { implementation: "all_to_all", packing: false, gradient_checkpointing: true },
  packed: { implementation: "planc", packing: true, packing_strategy: "wrapped", gradient_checkpointing: false },
};

let results: Result[];

beforeAll(async () => {
  const sizes = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 } };
  await toyBundle(folder, small, sizes);
  const reference = await compilePlan(nodeHost, `${root}plans/qwen3-ep8.yaml`);
  const lock = reference.value?.files.find(({ path }) => path === "plan.lock.json");
  writeFileSync(at("reference.json"), lock?.content ?? "");

  const job = { folder, path: at("bundle"), world: 1 };
  const places = ["--model", at("model"), "--data", at("data.jsonl"), "--lock", at("bundle/plan.lock.json")];
  const training = Object.entries(runs).flatMap(([name, { implementation, ...changes }]): Job[] => {
    mkdirSync(at(name));
    const args = ["--output", at(name), "--implementation", implementation];
    return [
      {
        ...job,
        program: ownProgram("metrics_train.py"),
        arguments: [...places, ...args, "--options", JSON.stringify({ ...options, ...changes })],
        world: 2,
      },
      { ...job, program: ownProgram("metrics_alone.py"), arguments: [at("model"), at(name), "2"] },
    ];
  });
  results = runJobs([
    {
      ...job,
      program: ownProgram("metrics_flops.py"),
      arguments: [JSON.stringify([...toys.map(counted), adapted()])],
    },
    { ...job, program: ownProgram("metrics_clock.py"), arguments: [at("bundle/plan.lock.json")] },
    { ...job, program: ownProgram("toy_checkpoint.py"), arguments: [folder, JSON.stringify(small)] },
    ...training,
  ]);
});

/** The object that a program printed last. */
function said(index: number) {
  expect(
    results[index]?.status.every((status) => status === 0),
    results[index]?.stderr.join("\n"),
  ).toBe(true);
  return JSON.parse(results[index]?.stdout[0]?.trim().split("\n").at(-1) ?? "");
}

describe("the FLOP formula", () => {
  test("gives the published figure for the reference model", () => {
    const { model } = JSON.parse(readFileSync(at("reference.json"), "utf8"));
    const { outside, kinds }: FlopsPerToken = model.flops_per_token;
    const sum = (of: (kind: FlopsOfKind) => number) =>
      kinds.reduce((total, kind) => total + kind.layers.length * of(kind), 0);
    const matrices = outside + sum((kind) => kind.matrices);
    // A token sees half of a sequence of 4096.
    const attention = sum((kind) => (kind.attention?.per_key ?? 0) * 2048);
    expect(Math.abs((matrices + attention) / 23.0e9 - 1)).toBeLessThan(0.005);
    expect(matrices).toBe(6 * model.parameters.active);
  });

  test("is what torch counts, for attention of every kind, shared experts, dense layers and tied embeddings", () => {
    expect(said(0).toys).toHaveLength(toys.length + 1);
    for (const { model_type, counted, formula } of said(0).toys)
      expect([model_type, counted / formula]).toEqual([model_type, expect.closeTo(1, 6)]);
  });

  test("counts the keys of a sliding window", () => {
    for (const { counted, formula } of said(0).windows) expect(Math.abs(counted - formula)).toBeLessThanOrEqual(0.5);
  });

  test("has a peak for every GPU that planc knows", () => {
    for (const { peakFlops } of gpus.values()) expect(peakFlops).toBeGreaterThan(5e13);
    const lock = JSON.parse(readFileSync(at("reference.json"), "utf8"));
    expect(lock.plan.cluster.gpu.peak_flops).toBe(gpus.get("h100-sxm-80gb")?.peakFlops);
  });
});

test("time goes from log to log without saving and evaluating, tokens are those trained on that are no padding", () => {
  const { logged, measured, after } = said(1);
  // 14 tokens a step and rank; one process here, for the 2 ranks of the plan.
  expect(logged).toEqual([
    { loss: 1, tokens_per_second_per_gpu: (2 * 14) / 4 / 2, dispatch_seconds: 0.5 },
    { loss: 1, tokens_per_second_per_gpu: 14 / 4 / 2, dispatch_seconds: 0.5 },
  ]);
  expect(measured).toMatchObject({ steps: [5, 8], tokens: 42, seconds: 8, flops_per_token: null, peak_flops: null });
  expect(measured.tokens_per_second_per_gpu).toEqual({ median: 1.75, min: 1.75, max: 1.75 });
  expect(after).toBeNull();
});

describe.each([
  ["padded", 3],
  ["packed", 5],
] as const)("a toy that trains on %s sequences, with experts on two ranks", (name, index) => {
  test("counts the tokens and the experts that they choose, each once", () => {
    const alone: { tokens: number; counts: Counts } = said(index + 1);
    const { counts } = said(index);
    expect(Object.keys(counts)).toHaveLength(3);
    expect(counts).toEqual(alone.counts);
    const measured = JSON.parse(readFileSync(at(name, "measured.json"), "utf8"));
    expect(measured.tokens).toBe(alone.tokens);
    for (const [layer, each] of Object.entries(alone.counts)) {
      const mean = each.reduce((sum, count) => sum + count, 0) / each.length;
      expect(measured.expert_load[layer]).toBeCloseTo(Math.max(...each) / mean, 12);
    }
    expect(measured.expert_counts).toEqual(alone.counts);
  });

  test("tells how much more than its share the fullest rank gets", () => {
    const { batches }: { batches: readonly (readonly (readonly (readonly number[])[])[])[] } = said(index + 1);
    const { log, rank_load } = JSON.parse(readFileSync(at(name, "measured.json"), "utf8"));
    expect(rank_load).toBe(Math.max(...log.map((window: { rank_load: number }) => window.rank_load)));
    const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
    const halves = (counts: readonly number[]) => [counts.slice(0, 4), counts.slice(4)].map(sum);
    const steps = batches[0]?.length ?? 0;
    const loads = Array.from({ length: steps }, (_, step) =>
      [0, 1, 2].map((layer) => batches.map((rank) => halves(rank[step]?.[layer] ?? []))),
    );
    for (const [place, window] of [loads.slice(0, 2), loads.slice(2)].entries()) {
      // planc's exchange sees each micro-batch; of the stock one only the sum since the last log is known.
      const each = window.flatMap((step) =>
        step.map(
          (layer) => Math.max(...[0, 1].map((half) => sum(layer.map((rank) => rank[half] ?? 0)))) / sum(layer[0] ?? []),
        ),
      );
      const summed = [0, 1, 2].map((layer) => {
        const all = [0, 1].map((half) =>
          sum(window.map((step) => sum((step[layer] ?? []).map((rank) => rank[half] ?? 0)))),
        );
        return (2 * Math.max(...all)) / sum(all);
      });
      expect(log[place].rank_load).toBeCloseTo(Math.max(...(name === "packed" ? each : summed)), 12);
    }
  });

  test("writes them to the trainer's log and to measured.json, beside what the lock foresaw", () => {
    const { history } = said(index);
    const text = readFileSync(at("bundle/plan.lock.json"), "utf8");
    const lock = JSON.parse(text);
    expect(readFileSync(at(name, "plan.lock.json"), "utf8")).toBe(text);
    const measured = JSON.parse(readFileSync(at(name, "measured.json"), "utf8"));
    const entries = history.filter((entry: object) => "loss" in entry);
    const keys = ["tokens_per_second_per_gpu", "expert_load", "rank_load"];
    const dispatch = name === "packed" ? ["dispatch_seconds"] : [];
    expect(entries.map(({ step }: { step: number }) => step)).toEqual([2, 4]);
    for (const [place, entry] of entries.entries()) {
      expect(entry).toMatchObject(measured.log[place]);
      expect(Object.keys(measured.log[place])).toEqual([
        "step",
        "loss",
        "grad_norm",
        "learning_rate",
        ...keys,
        ...dispatch,
      ]);
      for (const key of [...keys, ...dispatch]) expect(entry[key]).toBeGreaterThan(0);
    }
    // The figures of the log come before whoever prints it.
    expect(results[index]?.stdout[0]).toMatch(/'loss': .*'expert_load': /);
    expect(measured.predicted.tokens_per_step).toBe(lock.batch.tokens_per_step);
    const { peak, parameters, gradients, optimizer } = lock.memory;
    const total = peak?.allocated ?? parameters + gradients + optimizer;
    expect(measured.predicted.memory).toEqual({ ...lock.memory, total });
    expect(measured).toMatchObject({ version: 1, plan: "test", steps: [0, 4], peak_flops: null });
    expect(measured.lock).toBe(createHash("sha256").update(text).digest("hex"));
    expect(measured.peak_memory_allocated).toBeUndefined();
    expect(measured.flops_per_token).toBeGreaterThan(1e4);
  });
});
