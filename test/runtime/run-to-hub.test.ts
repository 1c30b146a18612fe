/** The way of a run from its ranks to a Hub checkpoint: train and save sharded, export in one process, load. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { parityConfig } from "./parity-configs.ts";
import { toyBundle, toyJob } from "./toy-bundle.ts";

test("what a run's checkpoint is exported to is what the trainer saved at the end, number by number", async () => {
  const folder = mkdtempSync(join(tmpdir(), "planc-hub-"));
  const config = parityConfig("qwen3_moe");
  const bundle = await toyBundle(folder, config, {
    cluster: { gpus_per_node: 4 },
    parallelism: { fsdp_size: 4, ep_size: 2 },
    sft: {
      max_length: 32,
      learning_rate: 1e-3,
      max_steps: 2,
      save_strategy: "steps",
      save_steps: 2,
      report_to: "none",
    },
  });
  const [model, trained, hub] = ["model", "trained", "hub"].map((name) => join(folder, name));
  const job = { folder, path: bundle };
  const results = runJobs([
    toyJob(folder, config),
    {
      ...job,
      program: join(bundle, "train.py"),
      arguments: [
        "--cpu",
        "--model",
        `${model}`,
        "--dataset",
        join(folder, "data.jsonl"),
        "--output-dir",
        `${trained}`,
      ],
      world: 4,
    },
    {
      ...job,
      program: join(bundle, "planc_runtime/export/__main__.py"),
      arguments: [`${trained}`, "--output", `${hub}`, "--dtype", "float32"],
      world: 1,
    },
    { ...job, program: ownProgram("same_checkpoints.py"), arguments: [`${trained}`, `${hub}`, `${model}`], world: 1 },
  ]);
  for (const { status, stderr } of results) expect(new Set(status), stderr[0]).toEqual(new Set([0]));
  const { moved, ...found } = JSON.parse(results.at(-1)?.stdout[0] ?? "");
  expect(found).toEqual({ left_over: [], different: [], report: { missing: [], unexpected: [], mismatched: [] } });
  expect(moved).toBeGreaterThan(1e-5);
  rmSync(folder, { recursive: true });
});
