/** The emitted programs of a plan with adapters: one trains, saves the adapter alone, and goes on from a checkpoint; one runs it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Result, runJobs } from "../python/jobs.ts";
import { type ToyMesh, toyBundle, toyConfig, toyJob, toyPlan } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-lora-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lora = { targets: ["attention", "experts"], r: 5, lora_alpha: 10 };
const [whole, first, other] = ["whole", "resumed", "other"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
let results: Result[];

beforeAll(async () => {
  const bundleOf = (name: string, mesh: ToyMesh) =>
    toyBundle(join(folder, name), toyConfig, { ...toyPlan(mesh), lora });
  const apart = await bundleOf("apart", { fsdp_size: 2, ep_size: 2 });
  const together = await bundleOf("together", { fsdp_size: 2, ep_size: 1 });
  const model = ["--cpu", "--model", join(folder, "model")];
  const run = (bundle: string, program: string, ...more: string[]) => ({
    program: join(bundle, program),
    arguments: [...model, ...more],
    world: 2,
    folder,
    path: bundle,
  });
  const data = ["--dataset", join(folder, "data.jsonl")];
  const train = (bundle: string, output: string, ...more: string[]) =>
    run(bundle, "train.py", ...data, "--output-dir", output, ...more);
  const prompt = ["--prompt", "w3 w4 w5 w6", "--max-new-tokens", "2", "--json"];
  results = runJobs([
    toyJob(folder, toyConfig),
    train(apart, whole),
    train(apart, first, "--max_steps", "6", "--resume", join(whole, "checkpoint-3")),
    train(together, other, "--max_steps", "6", "--resume", join(whole, "checkpoint-3")),
    run(apart, "forward.py", "--adapter", whole, "--check", ...prompt),
    run(apart, "forward.py", "--base", "--check", ...prompt),
    run(together, "forward.py", ...prompt),
  ]);
});

const adapter = (output: string) => readFileSync(join(output, "adapter_model.safetensors"));

test("saves the adapter alone, in PEFT's files", () => {
  expect(results[1]?.status, results[1]?.stderr.join("\n")).toEqual([0, 0]);
  const files = readdirSync(whole).filter((name) => name.endsWith(".safetensors") || name.startsWith("adapter"));
  expect(files.sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  expect(JSON.parse(readFileSync(join(whole, "adapter_config.json"), "utf8"))).toMatchObject({ r: 5, lora_alpha: 10 });
  // The base's fingerprint, which a merge asks for.
  expect(adapter(whole).toString("latin1")).toMatch(/"planc_base":"[0-9a-f]{64}"/);
});

test("goes on from a checkpoint to the same adapter", () => {
  expect(results[2]?.status, results[2]?.stderr.join("\n")).toEqual([0, 0]);
  expect(adapter(first).equals(adapter(whole))).toBe(true);
});

test("a checkpoint has the adapter and its states alone", () => {
  const names = readFileSync(join(whole, "checkpoint-3", ".metadata"), "latin1");
  expect(names).toContain("model.model.layers.0.mlp.experts.adapters.of.down_proj.lora_B");
  expect(names).toContain("optimizer.state.model.layers.0.self_attn.q_proj.lora_A.default.weight.exp_avg");
  expect(/embed_tokens|base_layer/.test(names)).toBe(false);
});

/** Every number of an adapter, in the order of its names. */
function numbers(output: string): Float32Array {
  const file = adapter(output);
  const begin = 8 + Number(file.readBigUInt64LE());
  return new Float32Array(file.buffer.slice(file.byteOffset + begin, file.byteOffset + file.length));
}

test("goes on with experts on other ranks, but for the order of sums", () => {
  expect(results[3]?.status, results[3]?.stderr.join("\n")).toEqual([0, 0]);
  const [expected, found] = [numbers(whole), numbers(other)];
  expect(found.length).toBe(expected.length);
  expect(Math.max(...found.map((value, at) => Math.abs(value - (expected[at] ?? 0))))).toBeLessThan(1e-4);
});

/** What `forward.py` prints of its prompt. */
function answer(result: Result | undefined) {
  expect(result?.status, result?.stderr.join("\n")).toEqual([0, 0]);
  const line = result?.stdout[0]?.split("\n").find((each) => each.startsWith("{"));
  return JSON.parse(line ?? "");
}

test("runs forward with the trained adapter as PEFT does in one process, and without it", () => {
  const [adapted, base] = [results[4], results[5]].map(answer);
  for (const result of results.slice(4, 6)) {
    expect(result?.stdout[0]).toContain("check: logits agree with one process");
  }
  expect(Math.abs(adapted.loss - base.loss)).toBeGreaterThan(1e-3);
});

test("says in a sentence where there is no adapter yet", () => {
  expect(results[6]?.status).toEqual([2, 2]);
  expect(results[6]?.stderr.join("")).toMatch(/error: \S+ has no adapter_config.json/);
  expect(results[6]?.stderr.join("")).not.toContain("Traceback");
});
