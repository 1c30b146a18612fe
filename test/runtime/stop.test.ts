/** What a scheduler sees of a job that it tells to stop: `launch.sh` with torchrun, as it is emitted. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { smallConfig } from "../model/variants.ts";
import { plan } from "../plans.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-stop-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { ...process.env, PYTHON: python, HF_HUB_OFFLINE: "1", PLANC_SKIP_PREFLIGHT: "1", TMPDIR: folder };

beforeAll(async () => {
  const config = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24 };
  const tree = plan({
    cluster: { gpus_per_node: 1 },
    parallelism: { fsdp_size: 1, ep_size: 1 },
    sft: { max_length: 32, max_steps: 1_000_000, logging_steps: 1, report_to: "none", disable_tqdm: true },
  });
  const host = memoryHost({ "plan.yaml": JSON.stringify(tree), "config.json": JSON.stringify(config) });
  const { value } = await compilePlan(host, "plan.yaml");
  expect(writeBundle(nodeHost, join(folder, "bundle"), value?.files ?? []).diagnostics).toEqual([]);
  execFileSync(python, [ownProgram("toy_checkpoint.py"), folder, JSON.stringify(config)], { env, stdio: "pipe" });
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
