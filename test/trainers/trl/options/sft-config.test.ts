/**
 * The rules about trainer options against the real class: whatever its constructor refuses, planc refuses. The cases
 * give every option every kind of value, one at a time, and the combinations that the class itself looks at.
 */
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../../scripts/root.ts";
import { plancOwned } from "../../../../src/trainers/trl/options/owned.ts";
import { dpo as dpoTask, sft as trainerTask } from "../../../compiler.ts";
import { dpo, sft } from "../../../engines/transformers/findings.ts";
import { python, pythons } from "../../../python.ts";

type Options = Readonly<Record<string, unknown>>;

const kinds: readonly unknown[] = [
  null,
  true,
  false,
  -1,
  0,
  1,
  1.5,
  3,
  "",
  "x",
  "1",
  "no",
  "steps",
  [],
  ["x"],
  {},
  { x: 1 },
];

const open = [...trainerTask.options].filter(([name]) => !Object.hasOwn(plancOwned, name));
const single: Options[] = open.flatMap(([name, { values = [], default: own }]) =>
  [...new Set([...kinds, own, ...values])]
    .filter((value) => !opensFile(name, value))
    .map((value) => ({ [name]: value })),
);

/** The class takes numbers here for open files, and would wait for one to be written. */
function opensFile(name: string, value: unknown): boolean {
  return name === "accelerator_config" && (typeof value === "number" || typeof value === "boolean");
}

const combined: readonly Options[] = [
  { load_best_model_at_end: true, eval_strategy: "steps", save_strategy: "epoch" },
  { load_best_model_at_end: true, eval_strategy: "steps", save_strategy: "steps", eval_steps: 2, save_steps: 3 },
  { load_best_model_at_end: true, eval_strategy: "steps", save_strategy: "steps", eval_steps: 0.1, save_steps: 3 },
  { load_best_model_at_end: true, save_strategy: "best" },
  { eval_strategy: "steps", logging_steps: 0, logging_strategy: "no" },
  { eval_strategy: "steps", eval_steps: 1.5 },
  { save_strategy: "steps", save_only_model: true, save_steps: 1.5 },
  { dataloader_num_workers: 2, dataloader_prefetch_factor: 2 },
  { dataloader_num_workers: 0, dataloader_prefetch_factor: 2 },
  { lr_scheduler_type: "reduce_lr_on_plateau", eval_strategy: "no" },
  { lr_scheduler_type: "greedy" },
  { packing: true, packing_strategy: "bfd-requeue" },
  { logging_strategy: "epoch", logging_steps: 1.5 },
  { accelerator_config: { split_batches: true } },
  { accelerator_config: { no_such_key: true } },
  { activation_checkpointing: false, gradient_checkpointing: true },
  { no_such_option: 1 },
];

const cases = [...single, ...combined];
let said: (string | null)[] = [];

beforeAll(() => {
  const input = JSON.stringify(cases);
  const env = { ...process.env, HF_HUB_OFFLINE: "1" };
  const output = execFileSync(python, [`${root}test/python/sft_config.py`], {
    input,
    env,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  said = JSON.parse(output);
});

/** Whether planc refuses the options; a value that only warns is let through, as the class does. */
function refused(options: Options): boolean {
  return sft(options).some(({ code }) => !warnings.has(code));
}

const warnings = new Set(["PLN4033", "PLN4034", "PLN5052"]);

describe("the real SFTConfig", () => {
  it("is asked about every option", () => {
    expect(said).toHaveLength(cases.length);
    expect(said.filter((outcome) => outcome !== null).length).toBeGreaterThan(100);
  });

  it("refuses nothing that planc lets through, but for tf32, which needs the GPU that a test may not have", () => {
    const missed = cases.filter(
      (options, index) => said[index] !== null && !refused(options) && options["tf32"] !== true,
    );
    expect(missed).toEqual([]);
  });

  it("takes every word that planc offers", () => {
    const words = open.flatMap(([name, { values = [] }]) => values.map((value) => ({ [name]: value }) as Options));
    const lying = words.filter(
      (options) =>
        !refused(options) &&
        said[cases.findIndex((other) => JSON.stringify(other) === JSON.stringify(options))] !== null,
    );
    expect(lying).toEqual([]);
  });

  it("has no default that planc refuses", () => {
    const defaults = open.filter(([name, option]) => refused({ [name]: option.default })).map(([name]) => name);
    expect(defaults).toEqual([]);
  });
});

describe("the real DPOConfig", () => {
  const own = [...dpoTask.options].filter(
    ([name]) => !trainerTask.options.has(name) && !Object.hasOwn(plancOwned, name),
  );
  const asked: readonly Options[] = [
    ...own.map(([name, option]) => ({ [name]: option.default })),
    ...(dpoTask.options.get("loss_type")?.values ?? []).map((word) => ({ loss_type: [word], label_smoothing: 0.1 })),
    { loss_type: "ipo" },
    { loss_type: ["sigmoid", "sft"], loss_weights: [1, 0.5] },
    { loss_type: ["sigmoid", "sft"], loss_weights: [1] },
    { packing: true },
  ];
  it("refuses what planc refuses of these, and takes the others", () => {
    const output = execFileSync(python, [`${root}test/python/sft_config.py`, "DPOConfig"], {
      input: JSON.stringify(asked),
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
    const outcomes: (string | null)[] = JSON.parse(output);
    const refusedHere = asked.map((options) => dpo(options).some(({ code }) => !warnings.has(code)));
    expect(own.length).toBeGreaterThan(12);
    expect(refusedHere).toEqual(outcomes.map((outcome) => outcome !== null));
    expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(2);
  });
});

describe("the option data", () => {
  it.each(pythons)("are those of the installed release, on transformers %s", (_, interpreter) => {
    execFileSync(interpreter, [`${root}scripts/extract_trainer.py`, "--check"], { stdio: "ignore" });
  });
});
