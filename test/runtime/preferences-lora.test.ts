/** Adapters that are trained on pairs: the model without them is the reference, as with stock PEFT in one process. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyConfig, toyJob, toyPlan } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-preferences-lora-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shared = {
  ...{ max_length: 32, per_device_train_batch_size: 1, learning_rate: 5e-3, max_steps: 3, beta: 0.2 },
  ...{ logging_steps: 1, report_to: "none", disable_tqdm: true, max_grad_norm: 0.1 },
};
const lora = { targets: ["attention", "experts"], r: 5, lora_alpha: 10 };
let results: Result[];

beforeAll(async () => {
  const mesh = { fsdp_size: 2, ep_size: 2 };
  const tree = { ...toyPlan(mesh), recompute: "full", sft: undefined, dpo: { ...shared, save_strategy: "no" }, lora };
  const bundle = await toyBundle(folder, toyConfig, tree);
  const told = JSON.parse(readFileSync(join(bundle, "plan.lock.json"), "utf8")).lora;
  const program = ownProgram("preferences_lora.py");
  const given = ["--cpu", "--model", join(folder, "model"), "--dataset", join(folder, "pairs.jsonl")];
  const options = { ...shared, gradient_accumulation_steps: 2, gradient_checkpointing: false, save_strategy: "no" };
  results = runJobs([
    toyJob(folder, toyConfig),
    {
      program,
      arguments: ["ranks", folder, bundle, ...given, "--output-dir", join(folder, "ranks")],
      world: 2,
      folder,
      path: bundle,
    },
    {
      program,
      arguments: ["alone", folder, JSON.stringify(options), JSON.stringify(told)],
      world: 1,
      folder,
      path: bundle,
    },
  ]);
});

type Step = Readonly<Record<string, number>>;

test("losses, rewards, gradients and the trained adapter are those of stock PEFT", () => {
  for (const { status, stderr } of results) expect(new Set(status), stderr.join("\n")).toEqual(new Set([0]));
  const found = JSON.parse(results[2]?.stdout[0]?.trim().split("\n").at(-1) ?? "");
  const [ranks, alone] = [found.ranks, found.alone] as readonly [Step[], Step[]];
  expect(ranks).toHaveLength(3);
  for (const [index, step] of ranks.entries()) {
    // Rewards are differences of sums of log probabilities: small ones are measured against what those round.
    const apart = Object.entries(step).map(([name, value]) => {
      const expected = alone[index]?.[name] ?? Number.NaN;
      return Math.abs(value - expected) / Math.max(Math.abs(expected), 0.1);
    });
    expect(apart).toHaveLength(5);
    expect(Math.max(...apart)).toBeLessThan(index === 0 ? 1e-5 : 1e-3);
  }
  // The adapter is not zero at the start, so that its reference is another model than itself.
  expect(Math.abs(ranks[0]?.["rewards/chosen"] ?? 0)).toBeGreaterThan(0.01);
  expect(found.moved).toBeGreaterThan(0.01);
  expect(found.difference).toBeLessThan(found.moved / 100);
});
