/** The bench of a bundle, at toy size: what it counts is right, and it says so when variants differ or fail. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { readCalibration } from "../../src/estimate/time/calibration.ts";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { toyBundle } from "./toy-bundle.ts";

interface Figures {
  readonly failure?: string;
  readonly tokens_per_second_per_gpu: number;
  readonly ratio_to_fsdp: number;
  readonly losses: readonly number[];
  readonly gradient_norm: number;
  readonly all_to_all_bytes: number;
  readonly all_to_all_calls: number;
  readonly flops_per_token: number;
  readonly expert_load: Readonly<Record<string, number>>;
  readonly memory?: unknown;
  readonly mfu?: unknown;
}

interface Report {
  readonly reference: string;
  readonly variants: Readonly<Record<string, Figures>>;
  readonly agreement: Readonly<Record<string, { readonly agrees: boolean; readonly gradient: number }>>;
}

const folder = mkdtempSync(join(tmpdir(), "planc-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bundle = join(folder, "bundle");
const config = join(folder, "config.json");
const calibration = join(folder, "calibration.json");
const size = [
  "--layers",
  "2",
  "--sequence",
  "16",
  "--batch",
  "2",
  "--steps",
  "2",
  "--warmup",
  "2",
  "--cpu",
  "--timeout",
  "1000000",
];

/** A bundle whose `planc_runtime.dispatch` is some other code. */
function spoiled(name: string, dispatch: string): string {
  const place = join(folder, name);
  cpSync(bundle, place, { recursive: true });
  rmSync(join(place, "planc_runtime/dispatch"), { recursive: true, force: true });
  mkdirSync(join(place, "planc_runtime/dispatch"));
  writeFileSync(join(place, "planc_runtime/dispatch/__init__.py"), dispatch);
  return place;
}

function jobOf(place: string, ...args: string[]): Job {
  return {
    program: join(place, "planc_runtime/bench/__main__.py"),
    arguments: [join(place, "plan.lock.json"), "--config", config, ...size, ...args],
    world: 1,
    folder,
    path: place,
  };
}

const slightlyWrong = `
from transformers.distributed.expert_parallel import AllToAllEP, EPImplementationInterface


class Wrong(AllToAllEP):
    def __call__(self, hidden_states, top_k_index, top_k_weights):
        return super().__call__(hidden_states, top_k_index, top_k_weights * 1.01)


def register():
    EPImplementationInterface.register("planc", Wrong)
`;

let results: Result[];

beforeAll(async () => {
  const model = { ...smallConfig("qwen3_moe"), num_experts: 8, moe_intermediate_size: 24 };
  writeFileSync(config, JSON.stringify(model));
  const sizes = { cluster: { gpus_per_node: 4 }, parallelism: { fsdp_size: 4, ep_size: 2 } };
  await toyBundle(folder, model, sizes);
  const lora = { r: 4, lora_alpha: 12 };
  const adapted = await toyBundle(join(folder, "adapted"), model, { ...sizes, lora });
  const failing = spoiled("failing", "def register():\n    raise RuntimeError('out of luck')\n");
  results = runJobs([
    { program: ownProgram("bench_units.py"), arguments: [], world: 2, folder, path: bundle },
    jobOf(
      bundle,
      "--ranks",
      "4",
      "--balance",
      "--layers",
      "all",
      "--check",
      "--json",
      join(folder, "whole.json"),
      "--profile",
      join(folder, "times"),
    ),
    jobOf(spoiled("wrong", slightlyWrong), "--variants", "fsdp,planc", "--check", "--json", join(folder, "wrong.json")),
    jobOf(failing, "--variants", "planc,fsdp", "--json", "-"),
    jobOf(bundle, "--ep", "3"),
    jobOf(bundle, "--config", join(folder, "nowhere.json")),
    { program: ownProgram("bench_weights.py"), arguments: [config], world: 4, folder, path: bundle },
    jobOf(adapted, "--check", "--json", join(folder, "adapted.json")),
    jobOf(adapted, "--variants", "stock", "--json", "-"),
    {
      program: join(bundle, "planc_runtime/bench/calibration/__main__.py"),
      arguments: [
        join(bundle, "plan.lock.json"),
        "--config",
        config,
        "--output",
        calibration,
        "--cpu",
        "--ranks",
        "2",
        "--timeout",
        "1000000",
      ],
      world: 1,
      folder,
      path: bundle,
    },
  ]);
});

function reportIn(name: string): Report {
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}

describe("what is counted", () => {
  test("bytes of all-to-all: what leaves a rank, by any of torch's ways to exchange, in backward too", () => {
    expect(results[0]?.status, results[0]?.stderr.join("\n")).toEqual([0, 0]);
    for (const text of results[0]?.stdout ?? []) {
      const { traffic } = JSON.parse(text);
      const { there, back } = traffic.expected;
      expect(traffic.single).toEqual([there, 1]);
      expect(traffic.equal).toEqual([2 * 2 * 8, 1]);
      expect(traffic.there_and_back).toEqual([there + back, 2]);
      expect(traffic.others).toEqual([0, 0]);
    }
  });

  test("balanced choices: each token's experts differ, none gets much more than the mean, ranks and layers have their own", () => {
    const ranks = (results[0]?.stdout ?? []).map((text) => JSON.parse(text).balance);
    expect(ranks).toHaveLength(2);
    for (const { first: _, fullest, ...found } of ranks) {
      expect(found).toEqual({
        same_again: true,
        same_in_another: false,
        twice_in_a_token: false,
        experts: 128,
        weights: true,
      });
      expect(fullest).toBeGreaterThan(1.15);
      expect(fullest).toBeLessThan(1.6);
    }
    expect(ranks[0].first).not.toEqual(ranks[1].first);
  });
});

test("weights are those of their places in the model, however it is cut", () => {
  expect(results[6]?.status, results[6]?.stderr.join("\n")).toEqual([0, 0, 0, 0]);
  for (const text of results[6]?.stdout ?? []) {
    const { wrong, std, norm } = JSON.parse(text);
    expect(wrong).toEqual([]);
    expect(std).toBeCloseTo(0.02, 3);
    expect(new Set(norm)).toEqual(new Set([1]));
  }
});

describe("variants on 4 ranks, ep_size 2", () => {
  test("all of them compute the same", () => {
    expect(results[1]?.status, results[1]?.stdout[0]).toEqual([0]);
    const { variants, agreement, reference } = reportIn("whole.json");
    expect([reference, Object.keys(variants)]).toEqual(["fsdp", ["fsdp", "stock", "planc"]]);
    expect(Object.values(agreement).map(({ agrees }) => agrees)).toEqual([true, true]);
    for (const { losses, expert_load, ...figures } of Object.values(variants)) {
      expect(losses).toHaveLength(4);
      expect(losses[0]).toBeCloseTo(Math.log(97), 0);
      expect(expert_load).toEqual(variants["fsdp"]?.expert_load);
      expect(Object.keys(expert_load)).toEqual([0, 1, 2].map((layer) => `model.layers.${layer}.mlp.experts`));
      expect(figures.memory).toBeUndefined();
      expect(figures.mfu).toBeUndefined();
      expect(figures.ratio_to_fsdp).toBe(
        figures.tokens_per_second_per_gpu / (variants["fsdp"]?.tokens_per_second_per_gpu ?? 0),
      );
    }
  });

  test("only expert parallelism exchanges tokens; counts, tokens there and back, recomputed and once more in backward", () => {
    const { variants } = reportIn("whole.json");
    expect(variants["fsdp"]?.all_to_all_calls).toBe(0);
    expect(variants["stock"]?.all_to_all_calls).toBe(3 * (3 + 3 + 2));
    expect(variants["planc"]?.all_to_all_bytes).toBeLessThan(variants["stock"]?.all_to_all_bytes ?? 0);
  });

  test("the table has a row each, and a profile is written each", () => {
    for (const name of ["fsdp", "stock", "planc"]) {
      expect(results[1]?.stdout[0]).toMatch(
        new RegExp(`^${name} +[\\d,]+ +\\d+\\.\\d\\d +[\\d.,]+ ms .* 4\\.\\d{5}$`, "m"),
      );
      expect(readFileSync(join(folder, `times/${name}.txt`), "utf8")).toMatch(
        /^ +[\d.]+ ms +in all\n +[\d.]+ ms +\d+ {2}\S/,
      );
    }
  });
});

test("of a plan with lora the adapters are trained, by stock PEFT and by planc, to the same gradients", () => {
  expect(results[7]?.status, `${results[7]?.stdout[0]}${results[7]?.stderr[0]}`).toEqual([0]);
  const { variants, agreement } = reportIn("adapted.json");
  expect(Object.keys(variants)).toEqual(["fsdp", "planc"]);
  expect(agreement["planc"]?.agrees).toBe(true);
  expect(variants["planc"]?.gradient_norm).toBeGreaterThan(1e-3);
  expect(variants["planc"]?.all_to_all_bytes).toBeGreaterThan(0);
  const stock: Report = JSON.parse(results[8]?.stdout[0] ?? "");
  expect(stock.variants["stock"]?.failure).toContain("computes experts without their adapters");
});

test("weights that are 1 % off are found by --check, from the first step's gradients", () => {
  expect(results[2]?.status, results[2]?.stdout[0]).toEqual([4]);
  expect(results[2]?.stdout[0]).toMatch(/^planc DISAGREES with fsdp: .* most in model\.layers\.\d\./m);
  expect(reportIn("wrong.json").agreement["planc"]?.gradient).toBeGreaterThan(1e-3);
});

test("a variant that fails is a row that says why, and the others go on", () => {
  expect(results[3]?.status).toEqual([0]);
  const report: Report = JSON.parse(results[3]?.stdout[0] ?? "");
  expect(report.variants["planc"]?.failure).toMatch(/^rank [01]: RuntimeError: out of luck$/);
  expect(report.reference).toBe("fsdp");
  expect(report.variants["fsdp"]?.losses).toHaveLength(4);
});

test("what makes no sense is refused in a sentence", () => {
  expect(results[4]?.status).toEqual([2]);
  expect(results[4]?.stderr[0]).toBe("error: ep_size 3 does not divide 2 ranks and 8 experts\n");
  expect(results[5]?.status).toEqual([2]);
  expect(results[5]?.stderr[0]).toMatch(/^error: cannot read .*nowhere\.json: No such file or directory\n$/);
});

test("planc bench is its front door", () => {
  const bench = (...args: readonly string[]) =>
    spawnSync(process.execPath, [`${root}bin/planc.js`, "bench", "plans/qwen3-ep8.yaml", "--python", python, ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "" },
    });
  const small = ["--layers", "1", "--sequence", "16", "--variants", "fsdp,stock", "--timeout", "1000000"];
  const ran = bench("--toy", ...small, "--check", "--format", "json");
  expect(ran.status, ran.stderr).toBe(0);
  const report: Report = JSON.parse(ran.stdout);
  expect(report.agreement["stock"]?.agrees).toBe(true);
  const none = bench();
  expect([none.status, none.stdout]).toEqual([2, ""]);
  expect(none.stderr).toContain(
    "error: nothing could be measured: the bench needs 2 GPUs or more, and 0 can be seen\n",
  );
});

test("a calibration has every shape of the plan once, and the compiler reads it", () => {
  expect(results[9]?.status, results[9]?.stderr?.join("\n")).toEqual([0]);
  const { value, diagnostics } = readCalibration(nodeHost, calibration);
  expect(diagnostics).toEqual([]);
  expect(value?.device).toBe("CPU");
  expect(value?.rates.inside?.all_to_all.rate).toBeGreaterThan(0);
  const { dense, grouped, links } = JSON.parse(readFileSync(calibration, "utf8"));
  const { model } = JSON.parse(readFileSync(join(bundle, "plan.lock.json"), "utf8"));
  const matrices = model.tensors.filter(
    ({ kind, shape }: { kind: string; shape: number[] }) =>
      shape.length === 2 && ["attention", "dense_mlp", "shared_expert", "head"].includes(kind),
  );
  const shapes = new Set(matrices.map(({ shape: [n, k] }: { shape: [number, number] }) => `${k} x ${n}`));
  expect(new Set(dense.map(({ k, n }: { k: number; n: number }) => `${k} x ${n}`))).toEqual(shapes);
  expect(dense).toHaveLength(shapes.size);
  expect(grouped).toHaveLength(2);
  expect(links.ranks).toBe(2);
});
