import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { planc } from "../cli/binary.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { python } from "../python.ts";
import { conformance, sampled } from "../sample.ts";
import { rehearsals, unlimited } from "./rehearsal.ts";

test("the reference plan agrees with one process, on its own mesh", () => {
  const ran = planc(root, "rehearse", "plans/qwen3-ep8.yaml", "--python", python, "--timeout", String(unlimited));
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  expect(ran.stdout).toMatch(/^plan {3}8 ranks: fsdp_size 8, ep_size 8\nhere {3}the same mesh, on CPU processes\n/);
  expect(ran.stdout.match(/^ {3}[123] {4}\d\.\d{6} {6}\d\.\d{6} {2}\d\.\de-\d model\.\S+$/gm)).toHaveLength(3);
  expect(ran.stdout).toMatch(/\nagrees with one process \(\d+ s; toy sizes, float32, eager kernels\)\n$/);
});

/** The published config.json as it is: JSON written by JavaScript would have 7 where it has 7.0. */
function checked(name: string, changes: Readonly<Record<string, unknown>>, edit = (text: string) => text) {
  const published = edit(readFileSync(`${root}test/fixtures/configs/${name}.json`, "utf8"));
  const files = { "plan.yaml": JSON.stringify(plan(changes)), "config.json": published };
  return checkPlan(memoryHost(files), "plan.yaml").value;
}

const meshes = [
  ["Qwen3-30B-A3B", { dp_replicate_size: 2, fsdp_size: 4, ep_size: 4 }],
  ["Qwen3-30B-A3B", { fsdp_size: 8, ep_size: 4 }],
  ["Qwen1.5-MoE-A2.7B", { fsdp_size: 8, ep_size: 4 }],
  ["Mixtral-8x7B-v0.1", { fsdp_size: 8, ep_size: 4 }],
  ["OLMoE-1B-7B-0924", { fsdp_size: 8, ep_size: 1 }],
  ["DeepSeek-V2-Lite", { fsdp_size: 8, ep_size: 8 }],
  ["DeepSeek-V3", { fsdp_size: 128, ep_size: 32 }],
  ["GLM-4.5-Air", { dp_replicate_size: 2, fsdp_size: 32, ep_size: 8 }],
  ["gpt-oss-20b", { fsdp_size: 8, ep_size: 4 }],
  ["Qwen3-30B-A3B", { fsdp_size: 4, tp_size: 2, ep_size: 4 }],
  ["Qwen3-30B-A3B", { fsdp_size: 2, tp_size: 2, dp_replicate_size: 2, ep_size: 2 }],
] as const;

/** Under `npm test` each family once and each axis once, on 4 ranks where these do. */
const sample = sampled(meshes, ([name, mesh]) => [name, ...Object.keys(mesh)]);

const rehearse = rehearsals();

const agreeing = sample.map(([name, mesh]) => {
  const { fsdp_size, dp_replicate_size = 1, tp_size = 1 } = mesh as Partial<Record<string, number>>;
  const world = (fsdp_size ?? 1) * dp_replicate_size * tp_size;
  const cluster = { gpu: { name: "large", memory_gb: 400 }, nodes: world / 8 };
  const plan = checked(name, { cluster, parallelism: mesh });
  const axes = [dp_replicate_size, tp_size, (fsdp_size ?? 1) * tp_size > mesh.ep_size ? 2 : 1, mesh.ep_size];
  const fits = axes.filter((size) => size > 1).length <= 2;
  return [name, mesh, rehearse(plan, undefined, { ranks: conformance || !fits ? 8 : 4 })] as const;
});

test.each(agreeing)("%s on %o agrees", (_, mesh, ran) => {
  const { tp_size = 1 } = mesh as Partial<Record<string, number>>;
  const outcome = ran();
  expect(outcome.failure).toBeUndefined();
  expect(outcome.disagreements ?? ["not judged"]).toEqual([]);
  for (const { difference } of outcome.steps ?? []) expect(difference).toBeLessThan(1e-5);
  expect(outcome.shapes).toEqual([]);
  // Without the trainer one step is taken, and nothing is saved.
  expect(outcome.steps).toHaveLength(tp_size > 1 ? 1 : 2);
  if (tp_size === 1) expect(outcome.models?.moved).toBeGreaterThan(1e-5);
});

function withDropout() {
  const edit = (text: string) => text.replace(/"attention_dropout": 0\.0/, '"attention_dropout": 0.5');
  const sizes = {
    cluster: { gpus_per_node: 2, gpu: { name: "large", memory_gb: 900 } },
    parallelism: { fsdp_size: 2, ep_size: 2 },
  };
  const plan = checked("Qwen3-30B-A3B", sizes, edit);
  expect(plan?.model.config.text).toContain('"attention_dropout": 0.5');
  return rehearse(plan);
}
const dropping = withDropout();

test("dropout is off in both runs, which would differ by it", () => {
  expect(dropping().disagreements).toEqual([]);
});

function withTiedEmbeddings() {
  const edit = (text: string) =>
    text
      .replace(/"vocab_size": \d+/, '"vocab_size": 151938')
      .replace(/"tie_word_embeddings": false/, '"tie_word_embeddings": true');
  const sizes = {
    cluster: { gpus_per_node: 3, gpu: { name: "large", memory_gb: 900 } },
    parallelism: { fsdp_size: 3, ep_size: 1 },
  };
  const plan = checked("Qwen3-30B-A3B", sizes, edit);
  expect(plan?.model.tied).toBe(true);
  return rehearse(plan);
}
const tied = withTiedEmbeddings();

test("tied embeddings keep shards of one size in the toy", () => {
  expect(tied().disagreements).toEqual([]);
});

test("a Python without the stack is told how to get it, before anything is made", () => {
  const none = planc(root, "rehearse", "plans/qwen3-ep8.yaml", "--python", "/nowhere/python");
  expect([none.status, none.stdout]).toEqual([2, ""]);
  expect(none.stderr).toContain("/nowhere/python is no Python that runs");
  expect(none.stderr).toContain("pip install transformers==5.24.0 trl==1.16.0");
});

test("planc doctor lists what is installed beside what the plan pins", () => {
  const sound = planc(root, "doctor", "plans/qwen3-ep8.yaml", "--python", python);
  expect([sound.status, sound.stderr]).toEqual([0, ""]);
  expect(sound.stdout).toMatch(/^ {2}ok {7}transformers {2}5\.24\.0$/m);
  const folder = mkdtempSync(join(tmpdir(), "planc-doctor-"));
  execFileSync(python, ["-m", "venv", "--without-pip", folder]);
  const bare = planc(root, "doctor", "plans/qwen3-ep8.yaml", "--python", join(folder, "bin/python"));
  expect(bare.stdout.match(/^ {2}fails {4}\w+ +not installed/gm)?.length).toBeGreaterThan(3);
  expect(bare.status).toBe(2);
  rmSync(folder, { recursive: true });
  expect(planc(root, "doctor", "--python", python).stdout).toBe(sound.stdout);
  expect(planc(root, "doctor", "plans/qwen3-ep8.yaml", "--python", "/nowhere").status).toBe(2);
});
