/** What a scheduler sees of a job that it tells to stop: `launch.sh` with torchrun, as it is emitted. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { toyBundle, toyConfig } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-stop-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { ...process.env, PYTHON: python, HF_HUB_OFFLINE: "1", PLANC_SKIP_PREFLIGHT: "1", TMPDIR: folder };

beforeAll(async () => {
  await toyBundle(folder, toyConfig, {
    cluster: { gpus_per_node: 1 },
    parallelism: { fsdp_size: 1, ep_size: 1 },
    sft: { max_length: 32, max_steps: 1_000_000, logging_steps: 1, report_to: "none", disable_tqdm: true },
  });
  execFileSync(python, [ownProgram("toy_checkpoint.py"), folder, JSON.stringify(toyConfig)], { env, stdio: "pipe" });
});

test("a job that gets SIGTERM saves and ends with 75, as the plan asks for checkpoints or not", async () => {
  const places = ["--model", join(folder, "model"), "--dataset", join(folder, "data.jsonl")];
  const output = join(folder, "output");
  const job = spawn("bash", [join(folder, "bundle/launch.sh"), "--cpu", ...places, "--output-dir", output], {
    env,
    cwd: folder,
  });
  let said = "";
  let told = false;
  for (const stream of [job.stdout, job.stderr]) {
    stream.on("data", (text) => {
      said += text;
      if (told || !said.includes("'loss'")) return;
      told = true;
      job.kill("SIGTERM");
    });
  }
  const status = await new Promise((resolve) => job.on("close", resolve));
  expect(status, said.slice(-4000)).toBe(75);
  const step = /told to stop after step (\d+); .* is complete/.exec(said)?.[1];
  expect(readdirSync(output).filter((name) => /checkpoint/.test(name))).toEqual([`checkpoint-${step}`]);
  // Nothing of what launch.sh and the rank told each other is left.
  expect(readdirSync(folder).filter((name) => name.startsWith("tmp."))).toEqual([]);
});
