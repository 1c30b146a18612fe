/**
 * What a run has saved becomes, bit for bit, what transformers itself would save of the same model: every family, saved by
 * ranks of two meshes, stored in every layout.
 */
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { bundleIn, configOf, makeModel, saveRun, scratch } from "./export.ts";

const cases: readonly (readonly [family: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["qwen3_moe", { mlp_only_layers: [1] }],
  ["qwen2_moe", { tie_word_embeddings: true }],
  ["mixtral", {}],
  ["olmoe", {}],
  ["deepseek_v2", {}],
  ["deepseek_v3", {}],
  ["glm4_moe", { use_qk_norm: true }],
  ["gpt_oss", {}],
];

/** The first as the plan asks for by itself. */
const stacked = [
  ["per_expert", "bfloat16", "60KB"],
  ["gate_up", "bfloat16", "5GB"],
  ["fused", "bfloat16", "30KB"],
  ["per_expert", "float32", "5GB"],
];
const interleaved = [
  ["gate_up_interleaved", "bfloat16", "60KB"],
  ["gate_up_interleaved", "float32", "5GB"],
];
const meshes = [
  { fsdp_size: 4, ep_size: 2 },
  { fsdp_size: 2, ep_size: 2 },
];

const root = scratch();
let results: Result[][];

beforeAll(async () => {
  const jobs = await Promise.all(
    cases.map(async ([family, changes]) => {
      const [folder, config] = [join(root, family), configOf(family, changes)];
      const bundle = await bundleIn(folder, config, { fsdp_size: 4, ep_size: 2 });
      const runs = meshes.map(({ fsdp_size }) => `run-${fsdp_size}`);
      const setup = JSON.stringify({ runs, exports: family === "gpt_oss" ? interleaved : stacked });
      const check = {
        program: ownProgram("export_check.py"),
        arguments: [folder, setup],
        world: 1,
        folder,
        path: bundle,
      };
      return [makeModel(folder, config), ...meshes.map((mesh, at) => saveRun(folder, runs[at] ?? "", mesh)), check];
    }),
  );
  const flat = runJobs(jobs.flat());
  results = jobs.map(({ length }) => flat.splice(0, length));
});

test.each(cases.map(([family], index) => [family, index] as const))("%s", (family, index) => {
  const [made, four, two, check] = results[index] ?? [];
  for (const result of [made, four, two, check]) {
    expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
  }
  // On four ranks the experts of two lie on two ranks each, in strides where layers are sharded a second time.
  expect(JSON.parse(four?.stdout[0] ?? "")).toContain("_StridedShard");
  const { wrong, compared, files } = JSON.parse(check?.stdout[0]?.trim().split("\n").at(-1) ?? "");
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(family === "gpt_oss" ? 80 : 250);
  expect(files).toBeGreaterThan(2);
});
