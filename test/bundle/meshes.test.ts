/** Every family and every kind of mesh trains as one process trains: the emitted `train.py`, on ranks of CPU processes. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyPlan } from "../runtime/toy-bundle.ts";
import { history, loadsWhole, type Reference } from "./history.ts";

interface Case {
  readonly family: string;
  readonly mesh: {
    readonly dp_replicate_size?: number;
    readonly fsdp_size: number;
    readonly ep_size: number;
  };
  /** What the family's small config needs besides. */
  readonly changes?: Readonly<Record<string, number>>;
  /** How the checkpoint is stored that the bundle trains; the reference has the same values in full. */
  readonly quantized?: "mxfp4";
}

// With latent attention every head has keys of its own.
const latent = { num_key_value_heads: 6 };

const cases: readonly Case[] = [
  { family: "qwen3_moe", mesh: { dp_replicate_size: 2, fsdp_size: 2, ep_size: 2 } },
  { family: "qwen3_moe", mesh: { fsdp_size: 4, ep_size: 2 } },
  { family: "qwen3_moe", mesh: { fsdp_size: 2, ep_size: 1 } },
  { family: "qwen3_moe", mesh: { fsdp_size: 1, ep_size: 1 } },
  { family: "qwen2_moe", mesh: { fsdp_size: 2, ep_size: 2 } },
  { family: "mixtral", mesh: { fsdp_size: 2, ep_size: 2 } },
  { family: "olmoe", mesh: { fsdp_size: 2, ep_size: 2 } },
  { family: "deepseek_v2", mesh: { fsdp_size: 2, ep_size: 2 }, changes: latent },
  { family: "deepseek_v3", mesh: { fsdp_size: 4, ep_size: 2 }, changes: latent },
  { family: "glm4_moe", mesh: { fsdp_size: 2, ep_size: 2 } },
  { family: "gpt_oss", mesh: { fsdp_size: 4, ep_size: 2 } },
  {
    family: "gpt_oss",
    mesh: { fsdp_size: 2, ep_size: 2 },
    changes: { hidden_size: 64, intermediate_size: 32 },
    quantized: "mxfp4",
  },
];

const steps = 2;
const options = {
  max_length: 32,
  packing: true,
  packing_strategy: "wrapped",
  per_device_train_batch_size: 1,
  learning_rate: 2e-5,
  logging_steps: 1,
  report_to: "none",
};

const root = mkdtempSync(join(tmpdir(), "planc-meshes-"));
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(index: number): string {
  return join(root, String(index));
}

function worldOf({ mesh }: Case): number {
  return (mesh.dp_replicate_size ?? 1) * mesh.fsdp_size;
}

/** Writes the bundle of a case and says what to run, in this order: a checkpoint, the bundle, the reference. */
async function prepare(each: Case, index: number): Promise<Job[]> {
  const folder = folderOf(index);
  mkdirSync(folder);
  // Grouped matrix products need rows of a multiple of 16 bytes.
  const config = { ...smallConfig(each.family), moe_intermediate_size: 24, ...each.changes };
  const bundle = await toyBundle(folder, config, toyPlan(each.mesh));
  const [model, data, saved] = [join(folder, "model"), join(folder, "data.jsonl"), join(folder, "trained")];
  const oneProcess = {
    ...options,
    gradient_checkpointing: false,
    max_steps: steps,
    gradient_accumulation_steps: worldOf(each),
  };
  const places = ["--model", model, "--data", data, "--saved", saved, "--output", join(folder, "reference")];
  const { quantized } = each;
  const toy = {
    program: ownProgram("toy_checkpoint.py"),
    arguments: [folder, JSON.stringify(config)],
    world: 1,
    folder,
  };
  const quantize = { ...toy, program: ownProgram("quantize_toy.py"), arguments: [folder, quantized ?? ""] };
  return [
    toy,
    ...(quantized === undefined ? [] : [quantize]),
    {
      program: join(bundle, "train.py"),
      arguments: [
        "--cpu",
        "--model",
        quantized === undefined ? model : join(folder, "quantized"),
        "--dataset",
        data,
        "--output-dir",
        saved,
        ...["--learning_rate", "2e-5", "--max_steps", String(steps), "--save_strategy", "no"],
      ],
      world: worldOf(each),
      folder,
      path: bundle,
    },
    {
      program: ownProgram("reference_run.py"),
      arguments: [...places, "--options", JSON.stringify(oneProcess)],
      world: 1,
      folder,
    },
  ];
}

/** A checkpoint in fp8 blocks, as it is given to the preflight and to every rank of the bundle for deepseek_v3. */
function inBlocks(): Job[] {
  const folder = folderOf(cases.findIndex(({ family }) => family === "deepseek_v3"));
  const bundle = join(folder, "bundle");
  const job = { world: 1, folder, path: bundle };
  const place = join(folder, "quantized");
  return [
    { ...job, program: ownProgram("quantize_toy.py"), arguments: [folder, "fp8"] },
    {
      ...job,
      program: join(bundle, "planc_runtime/preflight/__main__.py"),
      arguments: [join(bundle, "plan.lock.json"), "--cpu", "--model", place],
    },
    {
      ...job,
      program: join(bundle, "train.py"),
      arguments: ["--cpu", "--model", place, "--dataset", join(folder, "data.jsonl")],
      world: 4,
    },
  ];
}

let results: Result[][];
let ofBlocks: Result[];

beforeAll(async () => {
  const jobs = await Promise.all(cases.map(prepare));
  const flat = runJobs([...jobs.flat(), ...inBlocks()]);
  ofBlocks = flat.splice(-3);
  results = jobs.map(({ length }) => flat.splice(0, length));
});

test.each(cases.map((each, index) => [each.family, each.quantized ?? "", JSON.stringify(each.mesh), index] as const))(
  "%s %s on %s",
  (_, __, ___, index) => {
    const [trained, reference] = results[index]?.slice(-2) ?? [];
    for (const result of results[index] ?? [])
      expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
    const expected: Reference = JSON.parse(reference?.stdout[0]?.trim().split("\n").at(-1) ?? "");
    const found = history(trained?.stdout[0] ?? "");
    expect(found).toHaveLength(steps);
    for (const [step, entry] of found.entries()) {
      // The trainer prints four significant digits.
      expect(entry.loss / Number(expected.history[step]?.loss)).toBeCloseTo(1, 3);
      expect(entry.grad_norm / Number(expected.history[step]?.grad_norm)).toBeCloseTo(1, 3);
    }
    expect(expected.report).toEqual(loadsWhole);
    expect(expected.moved).toBeGreaterThan(1e-5);
    expect(expected.parameters).toBeLessThan(expected.moved / 20);
    expect(expected.logits).toBeLessThan(1e-3);
  },
);

test("a checkpoint in fp8 blocks is refused before it is loaded, by the preflight and by every program", () => {
  const [quantized, preflight, train] = ofBlocks;
  const place = join(folderOf(cases.findIndex(({ family }) => family === "deepseek_v3")), "quantized");
  expect(quantized?.status, quantized?.stderr[0]).toEqual([0]);
  expect([preflight?.status, preflight?.stdout[0]]).toEqual([
    [2],
    expect.stringContaining(`preflight: fails checkpoint: ${place} is stored in fp8 blocks`),
  ]);
  expect(train?.status.every((status) => status !== 0)).toBe(true);
  expect(train?.stderr[0]).toContain(`error: ${place} is stored in fp8 blocks`);
  // Ranks that are still joining when the first has said so may see it go.
  expect(train?.stderr[0]).not.toContain("Traceback");
});
