/**
 * The promise of planc: what the reference plan compiles to trains. The emitted programs run on the plan's own mesh of
 * 8 ranks, as CPU processes with the released stack and a toy checkpoint, and agree with one process.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { checkPlan, compilePlan } from "../compiler.ts";
import { plan } from "../plans.ts";
import { runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";
import { history, loadsWhole, type Reference } from "./history.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bundle = join(folder, "bundle");
const model = join(folder, "model");
const data = join(folder, "data.jsonl");
const saved = join(folder, "trained");
const steps = 3;

/** As Qwen3-30B-A3B, with two experts a rank. */
const toy = {
  model_type: "qwen3_moe",
  vocab_size: 128,
  hidden_size: 32,
  intermediate_size: 32,
  moe_intermediate_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  num_experts: 16,
  num_experts_per_tok: 4,
  max_position_embeddings: 128,
};

/** SFTConfig of the one process: the plan's, with the ranks' micro-batches taken in turn. */
const oneProcess = {
  max_length: 64,
  packing: true,
  packing_strategy: "wrapped",
  per_device_train_batch_size: 1,
  gradient_accumulation_steps: 8,
  gradient_checkpointing: false,
  learning_rate: 2e-5,
  max_steps: steps,
  logging_steps: 1,
  report_to: "none",
};

const env = { ...ranksEnv, PLANC_SKIP_LINKS: "1" };

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return { status, stdout, stderr, all: `${stdout}\n${stderr}` };
}

const launch = (...args: string[]) => run(join(bundle, "launch.sh"), ["--cpu", "--model", model, ...args]);

beforeAll(async () => {
  const { value } = await compilePlan(nodeHost, "plans/qwen3-ep8.yaml");
  expect(writeBundle(nodeHost, bundle, value?.files ?? []).diagnostics).toEqual([]);
  const script = new URL("../python/toy_checkpoint.py", import.meta.url).pathname;
  execFileSync(python, [script, folder, JSON.stringify(toy), "--rows", "64"], { env });
});

describe("the emitted bundle of the reference plan", () => {
  test("trains on its mesh of 8 ranks as one process trains, and saves a model that loads whole", () => {
    const options = ["--max_length", "64", "--gradient_checkpointing", "false", "--seed", "42"];
    const trained = launch("--dataset", data, "--max-steps", `${steps}`, "--output-dir", saved, ...options);
    expect(trained.status, trained.all).toBe(0);
    expect(trained.stdout).toContain(`saved the trained model to ${saved}`);

    const script = new URL("../python/reference_run.py", import.meta.url).pathname;
    const places = ["--model", model, "--data", data, "--saved", saved, "--output", join(folder, "reference")];
    const reference = run(python, [script, ...places, "--options", JSON.stringify(oneProcess)]);
    expect(reference.status, reference.all).toBe(0);
    const expected: Reference = JSON.parse(reference.stdout.trim().split("\n").at(-1) ?? "");

    const found = history(trained.all);
    expect(found).toHaveLength(steps);
    for (const [step, entry] of found.entries()) {
      // The trainer prints four significant digits.
      expect(entry.loss / Number(expected.history[step]?.loss)).toBeCloseTo(1, 3);
      expect(entry.grad_norm / Number(expected.history[step]?.grad_norm)).toBeCloseTo(1, 3);
    }
    expect(expected.report).toEqual(loadsWhole);
    // Three steps of AdamW move a parameter by some 4e-5; sums in another order by far less.
    expect(expected.moved).toBeGreaterThan(2e-5);
    expect(expected.parameters).toBeLessThan(expected.moved / 20);
    expect(expected.logits).toBeLessThan(1e-3);

    // What the job saved is a checkpoint that planc reads again.
    const again = { ...plan({ parallelism: { ep_size: 8 } }), model: { config: saved, checkpoint: saved } };
    const file = join(folder, "again.yaml");
    writeFileSync(file, JSON.stringify(again));
    expect(checkPlan(nodeHost, file).value?.model.sizes.num_experts).toBe(16);
    expect(readFileSync(join(saved, "tokenizer.json"), "utf8").length).toBeGreaterThan(0);
  });

  test("runs forward, sharded as in training", () => {
    const prompt = ["--prompt", "w3 w4 w5 w6 w7 w8", "--max-new-tokens", "2", "--model", model, "--cpu"];
    const job = { program: join(bundle, "forward.py"), arguments: prompt, world: 8, folder, path: bundle };
    const [forward] = runJobs([job]);
    expect(forward?.status, forward?.stderr.join("\n")).toEqual(Array(8).fill(0));
    const loss = Number(/loss of the prompt: ([\d.]+)/.exec(forward?.stdout[0] ?? "")?.[1]);
    const one = run(python, [
      "-c",
      `import torch, transformers
tokens = torch.tensor([[3, 4, 5, 6, 7, 8]])
model = transformers.AutoModelForCausalLM.from_pretrained(${JSON.stringify(model)}, dtype=torch.float32)
print(model(tokens, labels=tokens).loss.item())`,
    ]);
    expect(loss).toBeCloseTo(Number(one.stdout.trim()), 4);
  });
});

describe("what a user can get wrong at launch", () => {
  test("a checkpoint that is not there is found by the preflight, before any rank starts", () => {
    const failed = run(join(bundle, "launch.sh"), ["--cpu", "--model", "./nowhere"]);
    expect(failed.status).toBe(2);
    expect(failed.stdout).toContain("preflight: fails checkpoint: ./nowhere does not exist");
    expect(failed.all).not.toContain("Traceback");
  });

  test("an option that nobody has, or too few ranks, is a sentence and no traceback", () => {
    const alone = (ranks: string, ...args: string[]) => {
      const first = { ...env, PYTHONPATH: bundle, RANK: "0", WORLD_SIZE: ranks };
      return spawnSync(python, [join(bundle, "train.py"), "--cpu", ...args], {
        cwd: folder,
        env: first,
        encoding: "utf8",
      });
    };
    const option = alone("8", "--learning_rat", "1");
    expect([option.status, option.stderr]).toEqual([
      2,
      expect.stringContaining("error: unknown option --learning_rat"),
    ]);
    const ranks = alone("4");
    expect([ranks.status, ranks.stderr]).toEqual([2, expect.stringContaining("has 8 ranks but 4 were started")]);
    expect(option.stderr + ranks.stderr).not.toContain("Traceback");
  });
});
