/** Evaluation during training: the emitted `train.py` on CPU processes evaluates as one process does, and trains on as if it had not. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyJob } from "./toy-bundle.ts";

type Entry = Readonly<Record<string, number>>;

const root = mkdtempSync(join(tmpdir(), "planc-evaluation-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...parts: readonly string[]) => join(root, ...parts);

const meshes = { "fsdp 2, ep 2": { fsdp_size: 2, ep_size: 2 }, "fsdp 4, ep 2": { fsdp_size: 4, ep_size: 2 } } as const;
type MeshName = keyof typeof meshes;
const names = Object.keys(meshes) as MeshName[];
const config = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24 };
const steps = 4;

const common = {
  max_length: 48,
  per_device_train_batch_size: 1,
  per_device_eval_batch_size: 1,
  learning_rate: 2e-3,
  max_steps: steps,
  logging_steps: 1,
  report_to: "none",
  disable_tqdm: true,
};
const evaluating = { eval_strategy: "steps", eval_steps: 2, eval_on_start: true };

/** Seven rows, which neither two nor four ranks share evenly. */
const data = { path: at("data.jsonl"), eval_path: at("data.jsonl"), eval_split: "train[:7]", split: "train" };

function train(name: MeshName, output: string, more: readonly string[]): Job {
  const { fsdp_size } = meshes[name];
  const bundle = at(name, "bundle");
  const args = ["--cpu", "--model", at("model"), "--output-dir", at(name, output), ...more];
  return { program: join(bundle, "train.py"), arguments: args, world: fsdp_size, folder: root, path: bundle };
}

function reference(name: MeshName, changes: object): Job {
  const options = {
    ...common,
    ...changes,
    gradient_accumulation_steps: meshes[name].fsdp_size,
    gradient_checkpointing: false,
  };
  const places = ["--model", at("model"), "--data", data.path, "--evaluation", data.eval_path, "--output", at("alone")];
  const program = ownProgram("evaluation_reference.py");
  return { program, arguments: [...places, "--options", JSON.stringify(options)], world: 1, folder: root };
}

const saving = ["--save_strategy", "steps", "--save_steps", "2"];
const packed = ["--packing", "true", "--packing_strategy", "wrapped", "--eval_packing", "false"];
const plateau = [
  "--lr_scheduler_type",
  "reduce_lr_on_plateau",
  "--lr_scheduler_kwargs",
  '{"patience": 0, "threshold": 0.9}',
];
const best = [
  "--save_strategy",
  "best",
  "--metric_for_best_model",
  "loss",
  "--eval_steps",
  "1",
  "--learning_rate",
  "0.5",
];

const jobs = {
  ...Object.fromEntries(
    names.flatMap((name): [string, Job][] => [
      [`${name} evaluated`, train(name, "evaluated", saving)],
      [`${name} alone`, reference(name, evaluating)],
    ]),
  ),
  not: train("fsdp 4, ep 2", "not", [...saving, "--eval_strategy", "no", "--eval_on_start", "false"]),
  packed: train("fsdp 2, ep 2", "packed", [...saving, ...packed]),
  "packed alone": reference("fsdp 2, ep 2", {
    ...evaluating,
    packing: true,
    packing_strategy: "wrapped",
    eval_packing: false,
  }),
  plateau: train("fsdp 2, ep 2", "plateau", [...saving, "--eval_steps", "1", ...plateau]),
  "plateau resumed": train("fsdp 2, ep 2", "plateau resumed", [
    ...saving,
    "--eval_steps",
    "1",
    ...plateau,
    "--resume",
    at("fsdp 2, ep 2/plateau/checkpoint-2"),
  ]),
  best: train("fsdp 4, ep 2", "best", best),
} as const satisfies Record<string, Job>;

let results: Readonly<Record<string, Result>>;

beforeAll(async () => {
  for (const name of names) {
    const { fsdp_size } = meshes[name];
    await toyBundle(at(name), config, {
      cluster: { gpus_per_node: fsdp_size },
      parallelism: { dp_replicate_size: 1, ...meshes[name] },
      recompute: "none",
      data,
      sft: { ...common, ...evaluating, packing: false, packing_strategy: undefined },
    });
  }
  mkdirSync(at("alone"));
  const all = [["toy", toyJob(root, config)], ...Object.entries(jobs)] as const;
  const found = runJobs(all.map(([, job]) => job));
  results = Object.fromEntries(all.map(([name], index) => [name, found[index] as Result]));
});

function expectDone(name: string): Result {
  const result = results[name];
  expect(new Set(result?.status), result?.stderr.join("\n").slice(-3000)).toEqual(new Set([0]));
  return result as Result;
}

/** The whole log, as the last checkpoint has it. */
function logOf(name: MeshName, job: string, output: string, step = steps): Entry[] {
  expectDone(job);
  return JSON.parse(readFileSync(at(name, output, `checkpoint-${step}`, "trainer_state.json"), "utf8")).log_history;
}
const aloneOf = (job: string): Entry[] => JSON.parse(expectDone(job).stdout[0]?.trim().split("\n").at(-1) ?? "");

/** `[step, figure]` of every entry that has it, in order. */
const figures = (log: readonly Entry[], key: string) =>
  log.filter((entry) => key in entry).map((entry) => [entry["step"], entry[key]] as const);

function expectAlike(found: readonly Entry[], expected: readonly Entry[], keys: readonly string[]): void {
  for (const key of keys) {
    const [ours, theirs] = [figures(found, key), figures(expected, key)];
    expect(ours.map(([step]) => step)).toEqual(theirs.map(([step]) => step));
    for (const [index, [step, value = Number.NaN]] of theirs.entries())
      expect([key, step, Math.abs((ours[index]?.[1] ?? Number.NaN) - value) <= 2e-5 * Math.abs(value)]).toEqual([
        key,
        step,
        true,
      ]);
  }
}

describe.each(names)("on %s", (name) => {
  test("every loss, norm and evaluation is one process's", () => {
    const found = logOf(name, `${name} evaluated`, "evaluated");
    expect(figures(found, "eval_loss").map(([step]) => step)).toEqual([0, 2, 4]);
    expectAlike(found, aloneOf(`${name} alone`), ["loss", "grad_norm", "eval_loss", "eval_num_tokens", "num_tokens"]);
  });
});

test("training goes on as without it", () => {
  const name = "fsdp 4, ep 2";
  const [found, without] = [logOf(name, `${name} evaluated`, "evaluated"), logOf(name, "not", "not")];
  for (const key of ["loss", "grad_norm", "learning_rate"]) expect(figures(found, key)).toEqual(figures(without, key));
  expect(figures(without, "eval_loss")).toEqual([]);
});

test("packed rows beside evaluation rows that are not", () => {
  const found = logOf("fsdp 2, ep 2", "packed", "packed");
  expectAlike(found, aloneOf("packed alone"), ["loss", "grad_norm", "eval_loss"]);
});

test("a schedule that goes by the evaluation's loss lowers the rate, and a resumed run goes on where it was", () => {
  const [found, whole] = [
    logOf("fsdp 2, ep 2", "plateau resumed", "plateau resumed"),
    logOf("fsdp 2, ep 2", "plateau", "plateau"),
  ];
  expect(new Set(figures(whole, "learning_rate").map(([, rate]) => rate)).size).toBeGreaterThan(1);
  // A resumed run begins with an evaluation, as eval_on_start says, which finds what the last one found.
  const once = (log: readonly Entry[], key: string) => [
    ...new Map(figures(log, key).map((pair) => [String(pair), pair])).values(),
  ];
  for (const key of ["loss", "grad_norm", "learning_rate", "eval_loss"])
    expect(once(found, key)).toEqual(once(whole, key));
});

test("save_strategy best saves where the evaluation's loss is the lowest yet", () => {
  expectDone("best");
  const saved = readdirSync(at("fsdp 4, ep 2", "best")).filter((name) => /^checkpoint-\d+$/.test(name));
  expect(saved.length).toBeGreaterThan(0);
  expect(saved.length).toBeLessThan(steps + 1);
  const last = Math.max(...saved.map((name) => Number(name.split("-")[1])));
  const log = logOf("fsdp 4, ep 2", "best", "best", last);
  // The one before the first step is not counted.
  const losses = figures(log, "eval_loss").filter(([step]) => step !== 0);
  const lowest = Math.min(...losses.map(([, loss]) => loss ?? Number.NaN));
  expect(losses.at(-1)?.[1]).toBe(lowest);
  expect(existsSync(at("fsdp 4, ep 2", "best", "measured.json"))).toBe(true);
});
