/** The emitted program of a plan with adapters: it trains, saves the adapter alone, and goes on from a checkpoint. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyConfig, toyJob, toyPlan } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-lora-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lora = { targets: ["attention", "experts"], r: 5, lora_alpha: 10 };
const [whole, first] = ["whole", "resumed"].map((name) => join(folder, name)) as [string, string];
let results: Result[];

beforeAll(async () => {
  const mesh = { fsdp_size: 2, ep_size: 2 };
  const bundle = await toyBundle(folder, toyConfig, { ...toyPlan(mesh), lora });
  const train = (output: string, ...more: string[]) => ({
    program: join(bundle, "train.py"),
    arguments: [
      ...["--cpu", "--model", join(folder, "model"), "--dataset", join(folder, "data.jsonl"), "--output-dir", output],
      ...more,
    ],
    world: 2,
    folder,
    path: bundle,
  });
  results = runJobs([
    toyJob(folder, toyConfig),
    train(whole),
    train(first, "--max_steps", "6", "--resume", join(whole, "checkpoint-3")),
  ]);
});

const adapter = (output: string) => readFileSync(join(output, "adapter_model.safetensors"));

test("saves the adapter alone, in PEFT's files", () => {
  expect(results[1]?.status, results[1]?.stderr.join("\n")).toEqual([0, 0]);
  const files = readdirSync(whole).filter((name) => name.endsWith(".safetensors") || name.startsWith("adapter"));
  expect(files.sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  expect(JSON.parse(readFileSync(join(whole, "adapter_config.json"), "utf8"))).toMatchObject({ r: 5, lora_alpha: 10 });
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
