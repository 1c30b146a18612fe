/**
 * What a run has saved becomes, bit for bit, what transformers itself would save of the same model: every family, saved by
 * ranks of two meshes, stored in every layout. An export that is killed, starved or lied to leaves nothing that looks
 * complete and is not, and says in a sentence what is wrong; it holds a few blocks, whatever the size of a checkpoint.
 */
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { conformance } from "../sample.ts";
import { bundleIn, configOf, type Mesh, makeModel, saveRun, scratch } from "./export.ts";

const cases: readonly (readonly [family: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["qwen3_moe", { mlp_only_layers: [1] }],
  ["qwen2_moe", { tie_word_embeddings: true, vocab_size: 96 }],
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
const meshes: readonly Mesh[] = [
  { fsdp_size: 4, ep_size: 2 },
  { fsdp_size: 2, ep_size: 2 },
];
/** Cuts the columns of some parameters too. */
const cutTwice: Mesh = { fsdp_size: 2, tp_size: 2, ep_size: 2 };

const small = { fsdp_size: 2, ep_size: 2 };
const large = { hidden_size: 512, moe_intermediate_size: 512, num_experts: 32 };

const root = scratch();
let results: Result[][];
let others: Result[];

/** A run to be damaged, and two models to be weighed. */
async function otherJobs(): Promise<Job[]> {
  const folder = join(root, "damaged");
  const config = configOf("qwen3_moe");
  const path = await bundleIn(folder, config, small);
  const lock = join(await bundleIn(join(folder, "large"), configOf("qwen3_moe", large), small), "plan.lock.json");
  const own = { world: 1, folder, path };
  return [
    makeModel(folder, config),
    saveRun(folder, "run", small),
    { ...own, program: ownProgram("export_faults.py"), arguments: [folder] },
    { ...own, program: ownProgram("export_memory.py"), arguments: [folder, lock, join(path, "plan.lock.json")] },
  ];
}

beforeAll(async () => {
  const jobs = await Promise.all(
    cases.map(async ([family, changes]) => {
      const [folder, config] = [join(root, family), configOf(family, changes)];
      const bundle = await bundleIn(folder, config, { fsdp_size: 4, ep_size: 2 });
      // Under `npm test` one family from every mesh.
      const some = meshes.slice(0, conformance ? 2 : 1);
      const saved = family === "qwen3_moe" ? [...meshes, cutTwice] : some;
      const runs = saved.map((_, at) => `run-${at}`);
      const setup = JSON.stringify({ runs, exports: family === "gpt_oss" ? interleaved : stacked });
      const check = {
        program: ownProgram("export_check.py"),
        arguments: [folder, setup],
        world: 1,
        folder,
        path: bundle,
      };
      return [makeModel(folder, config), ...saved.map((mesh, at) => saveRun(folder, runs[at] ?? "", mesh)), check];
    }),
  );
  const more = await otherJobs();
  const flat = runJobs([...jobs.flat(), ...more]);
  others = flat.splice(-more.length);
  results = jobs.map(({ length }) => flat.splice(0, length));
});

/** The last line that a program has printed, as JSON. */
function saidBy(result: Result | undefined) {
  const { status, stdout, stderr } = result ?? {};
  expect(new Set(status), stderr?.join("\n")).toEqual(new Set([0]));
  return JSON.parse(stdout?.[0]?.trim().split("\n").at(-1) ?? "");
}

test.each(cases.map(([family], index) => [family, index] as const))("%s", (family, index) => {
  const [, four] = results[index] ?? [];
  for (const result of results[index] ?? []) {
    expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
  }
  // On four ranks the experts of two lie on two ranks each, in strides where layers are sharded a second time.
  expect(JSON.parse(four?.stdout[0] ?? "")).toContain("_StridedShard");
  const { wrong, compared, files } = saidBy(results[index]?.at(-1));
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(family === "gpt_oss" ? 80 : 250);
  expect(files).toBeGreaterThan(2);
});

test("whatever happens to it, what it says and leaves is honest", () => {
  const { failures, ...held } = saidBy(others[2]);
  expect(failures).toEqual([]);
  expect(held).toEqual({
    damages: 13,
    unread: 1,
    choices: 7,
    strangers: 11,
    places: 8,
    kills: expect.any(Number),
    signals: 2,
    disks: 2,
    lies: 1,
  });
  expect(held["kills"]).toBeGreaterThan(12);
});

test("it holds a few blocks, whatever the size of the checkpoint and of its tensors", () => {
  const { checkpoint, largest, above } = saidBy(others[3]);
  expect(checkpoint).toBeGreaterThan(300e6);
  expect(largest).toBeGreaterThan(64e6);
  for (const bytes of Object.values<number>(above)) expect(bytes).toBeLessThan(32e6);
});
