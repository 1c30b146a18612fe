/** The emitted program of a plan with pairs: it trains, evaluates, reports, and goes on from a checkpoint. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyConfig, toyJob, toyPlan } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-preferences-"));
afterAll(() => rmSync(folder, { recursive: true }));

const dpo = {
  ...{ max_length: 32, per_device_train_batch_size: 1, learning_rate: 2e-3, max_steps: 4, save_steps: 2 },
  ...{ logging_steps: 1, report_to: "none", disable_tqdm: true, eval_strategy: "steps", eval_steps: 2 },
};
const [whole, second] = ["whole", "resumed"].map((name) => join(folder, name)) as [string, string];
let results: Result[];

beforeAll(async () => {
  const data = join(folder, "pairs.jsonl");
  const tree = { ...toyPlan({ fsdp_size: 2, ep_size: 2 }), sft: undefined, dpo };
  const bundle = await toyBundle(folder, toyConfig, {
    ...tree,
    data: { path: data, eval_path: data, eval_split: "train[:4]" },
  });
  const train = (output: string, ...more: string[]) => ({
    program: join(bundle, "train.py"),
    arguments: ["--cpu", "--model", join(folder, "model"), "--output-dir", output, ...more],
    world: 2,
    folder,
    path: bundle,
  });
  results = runJobs([
    toyJob(folder, toyConfig),
    train(whole),
    train(second, "--resume", join(whole, "checkpoint-2")),
    train(join(folder, "none"), "--dataset", join(folder, "data.jsonl")),
  ]);
});

const weights = (output: string) =>
  readdirSync(output)
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => readFileSync(join(output, name)));

test("trains to a whole model, and reports rewards", () => {
  expect(results[1]?.status, results[1]?.stderr.join("\n")).toEqual([0, 0]);
  expect(weights(whole)).toHaveLength(1);
  const said = results[1]?.stdout.join("\n") ?? "";
  expect(said).toMatch(/'rewards\/margins'/);
  expect(said).toMatch(/'eval_rewards\/accuracies'/);
  const measured = JSON.parse(readFileSync(join(whole, "measured.json"), "utf8"));
  expect(measured.log).toHaveLength(4);
  // Padded, and through two models: a share of the peak would say nothing.
  expect(measured.flops_per_token).toBeNull();
});

test("goes on from a checkpoint to the same model", () => {
  expect(results[2]?.status, results[2]?.stderr.join("\n")).toEqual([0, 0]);
  const [one, other] = [weights(whole)[0], weights(second)[0]];
  expect(one !== undefined && other !== undefined && one.equals(other)).toBe(true);
});

test("ends at rows that are no pairs, before the model is loaded", () => {
  expect(results[3]?.status).not.toContain(0);
  expect(results[3]?.stderr.join("\n")).toContain("a row is chosen and rejected");
});
