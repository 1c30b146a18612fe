/** What a whole step is said to hold, against what the bundle's train.py holds on the CPU, one rank of the mesh alone. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { accountsOf } from "../../src/estimate/peak.ts";
import { compilePlan } from "../compiler.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-step-"));
afterAll(() => rmSync(folder, { recursive: true }));

const config = {
  model_type: "qwen3_moe",
  architectures: ["Qwen3MoeForCausalLM"],
  hidden_size: 128,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  head_dim: 32,
  num_hidden_layers: 7,
  intermediate_size: 128,
  moe_intermediate_size: 96,
  num_experts: 8,
  num_experts_per_tok: 2,
  vocab_size: 1024,
  max_position_embeddings: 4096,
  norm_topk_prob: true,
  router_aux_loss_coef: 0.001,
};

interface Case {
  readonly mesh: string;
  readonly ranks: number;
  readonly recompute: "none" | "attention" | "experts" | "full";
  /** Micro-batches of a step. */
  readonly batches: number;
}

const cases: readonly Case[] = [
  { mesh: "ep_size: 4, fsdp_size: 4, ep_implementation: planc", ranks: 4, recompute: "full", batches: 1 },
  { mesh: "ep_size: 2, fsdp_size: 4, ep_implementation: planc", ranks: 4, recompute: "none", batches: 2 },
  {
    mesh: "ep_size: 2, fsdp_size: 2, dp_replicate_size: 2, ep_implementation: planc",
    ranks: 4,
    recompute: "experts",
    batches: 3,
  },
  { mesh: "ep_size: 4, fsdp_size: 4, ep_implementation: all_to_all", ranks: 4, recompute: "attention", batches: 2 },
  { mesh: "ep_size: 1, fsdp_size: 2", ranks: 2, recompute: "full", batches: 1 },
];

const planOf = ({ mesh, ranks, recompute, batches }: Case) => `version: 1
name: step
model: { config: config.json, checkpoint: /nowhere, layout: per_expert, attn_implementation: sdpa }
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
cluster: { gpu: h200-sxm-141gb, nodes: 1, gpus_per_node: ${ranks} }
parallelism: { ${mesh} }
precision: { parameters: float32, compute: float32, reduce: float32 }
recompute: ${recompute}
data: { path: /nowhere/data.jsonl }
sft:
  { max_length: 128, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 2,
    gradient_accumulation_steps: ${batches}, max_steps: 3, save_strategy: "no", report_to: none, disable_tqdm: true, output_dir: out }
`;

/** Columns of the logits at a time, as \`step_memory.py\` has them. */
const chunks = { tokens: 4096, columns: 64 };

test.each(cases)("$mesh, recompute $recompute, $batches micro-batches", async (one) => {
  const place = join(folder, String(cases.indexOf(one)));
  mkdirSync(place);
  writeFileSync(join(place, "config.json"), JSON.stringify(config));
  writeFileSync(join(place, "plan.yaml"), planOf(one));
  const { value, diagnostics } = await compilePlan(nodeHost, join(place, "plan.yaml"));
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  const bundle = join(place, "bundle");
  writeBundle(nodeHost, bundle, value.files);
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  const text = execFileSync(python, [ownProgram("step_memory.py"), bundle], {
    env: ranksEnv,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const measured: { peak: number; largest: unknown } = JSON.parse(text.trim().split("\n").at(-1) ?? "");

  const { checked } = value;
  const account = accountsOf({
    ...checked,
    states: { parameters: 0, optimizer: 0 },
    attention: null,
    lowRank: null,
    hasScores: false,
    keepsRouterLogits: true,
    makesLogits: false,
    kernels: "eager",
    chunks,
  })(1);
  // Of a toy, what the trainer keeps beside the step counts, and tokens do not choose quite evenly.
  expect(account?.fullest.bytes, JSON.stringify({ account: account?.fullest, measured })).toBeGreaterThan(
    0.97 * measured.peak,
  );
  expect(account?.fullest.bytes).toBeLessThan(1.03 * measured.peak);
});
