/**
 * Records the run that the tests of `planc report` read: a toy trained by its bundle's train.py on two CPU processes. What it
 * leaves goes to test/fixtures/report: the lock, measured.json and the newest checkpoint's trainer_state.json.
 *
 *     npx tsx scripts/record_run.ts
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeBundle } from "../src/bundle/write.ts";
import { nodeHost } from "../src/cli/node-host.ts";
import { compilePlan } from "../test/compiler.ts";
import { type Job, ownProgram, runJobs } from "../test/python/jobs.ts";
import { root } from "./root.ts";

const config = {
  model_type: "qwen3_moe",
  architectures: ["Qwen3MoeForCausalLM"],
  vocab_size: 512,
  hidden_size: 64,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  intermediate_size: 64,
  num_experts: 16,
  num_experts_per_tok: 2,
  moe_intermediate_size: 32,
  max_position_embeddings: 128,
  norm_topk_prob: true,
  router_aux_loss_coef: 0.001,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
};

const plan = {
  version: 1,
  name: "toy-run",
  model: { config: "config.json", checkpoint: "model", layout: "per_expert" },
  stack: {
    engine: "transformers",
    trainer: "trl",
    versions: { transformers: "5.24.0", trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" },
  },
  cluster: { gpu: "h100-sxm-80gb", nodes: 1, gpus_per_node: 2 },
  parallelism: { ep_size: 2, fsdp_size: 2, ep_implementation: "planc" },
  data: { path: "data.jsonl", split: "train[8:]", eval_split: "train[:8]" },
  sft: {
    max_length: 64,
    packing: true,
    packing_strategy: "wrapped",
    per_device_train_batch_size: 2,
    learning_rate: 2e-3,
    max_steps: 40,
    save_strategy: "steps",
    save_steps: 20,
    eval_strategy: "steps",
    eval_steps: 10,
    logging_steps: 1,
    report_to: "none",
    disable_tqdm: true,
    output_dir: "output",
  },
};

const folder = mkdtempSync(join(tmpdir(), "planc-run-"));
const fixture = join(root, "test/fixtures/report");
try {
  writeFileSync(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(join(folder, "plan.yaml"), stringify(plan));
  const { value, diagnostics } = await compilePlan(nodeHost, join(folder, "plan.yaml"), () => "../plan.yaml");
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const bundle = join(folder, "bundle");
  writeBundle(nodeHost, bundle, value.files);
  const common = { folder, path: bundle };
  const jobs: readonly Job[] = [
    { ...common, program: ownProgram("toy_checkpoint.py"), arguments: [folder, JSON.stringify(config)], world: 1 },
    { ...common, program: join(bundle, "train.py"), arguments: ["--cpu"], world: 2 },
  ];
  for (const { status, stderr } of runJobs(jobs)) if (status.some(Boolean)) throw new Error(stderr.join("\n"));
  rmSync(fixture, { recursive: true, force: true });
  mkdirSync(join(fixture, "checkpoint-40"), { recursive: true });
  for (const name of ["plan.lock.json", "measured.json", "checkpoint-40/trainer_state.json"])
    cpSync(join(folder, "output", name), join(fixture, name));
} finally {
  rmSync(folder, { recursive: true });
}
