/**
 * Every documented value of every option arrives at the real SFTConfig as the type that the class declares: written to
 * train.py, read by the bundle, and given on the command line in its place.
 */
import { execFileSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../../../scripts/root.ts";
import { emitTrain } from "../../../../src/trainers/trl/files/train.ts";
import type { TrainerOption } from "../../../../src/trainers/trl/options/option.ts";
import { plancOwned } from "../../../../src/trainers/trl/options/owned.ts";
import { checkPlan, sft as trainerTask } from "../../../compiler.ts";
import { memoryHost } from "../../../host.ts";
import { checkTree, config, plan } from "../../../plans.ts";
import { python } from "../../../python.ts";

interface Case {
  readonly name: string;
  readonly value: unknown;
  readonly options: string;
  readonly arguments: readonly string[] | null;
}

/** Values by declared type, the awkward ones among them; what planc refuses for an option is no documented value of it. */
const samples: Readonly<Record<string, readonly unknown[]>> = {
  int: [0, 1, 2, 64, 2 ** 31 - 1],
  float: [0, 1, 2, 1000, 0.5, 1e-5, 1e-300, 2.5e20],
  bool: [true, false],
  false: [false],
  str: ["x", "1", "1e5", "None", "no", "a b=c,'\"\\"],
  list: [[], ["x"], ["1", "true"]],
  dict: [{}, { x: 1 }],
  none: [null],
};

const open = [...trainerTask.options].filter(([name]) => !Object.hasOwn(plancOwned, name));
const beside: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dataloader_prefetch_factor: { dataloader_num_workers: 1 },
  dataloader_persistent_workers: { dataloader_num_workers: 1 },
};

function valuesOf({ types, values = [], deprecated_values = {}, default: own }: TrainerOption): unknown[] {
  const all = [own, ...values, ...Object.keys(deprecated_values), ...types.flatMap((type) => samples[type] ?? [])];
  return [...new Map(all.map((value) => [JSON.stringify(value), value])).values()];
}

/** The plan's train.py, or undefined where planc refuses it. */
function caseOf(name: string, value: unknown): Case | undefined {
  const sft = { packing: undefined, packing_strategy: undefined, ...beside[name], [name]: value };
  const { value: checked } = checkTree({ sft });
  if (checked === undefined || (name === "tf32" && value === true)) return undefined; // which needs a GPU
  const { content } = emitTrain(checked);
  const options = /^OPTIONS = (\{.*?^\})/ms.exec(content)?.[1];
  if (options === undefined) throw new Error("train.py has no OPTIONS");
  return { name, value, options, arguments: argumentsOf(name, value) };
}

/** Words that the trainer's own parser does not take, although its class does. */
const notTaken = new Set(["", "bfd-requeue"]);

function argumentsOf(name: string, value: unknown): string[] | null {
  const isInvalidAlone = Object.hasOwn(beside, name);
  if (value === null || Array.isArray(value) || isInvalidAlone || name === "liger_kernel_config") return null;
  if (typeof value === "string" && notTaken.has(value)) return null;
  if (value === false && trainerTask.options.get(name)?.default === true) return [`--no_${name}`];
  if (typeof value === "boolean")
    return trainerTask.options.get(name)?.types.includes("false") ? null : [`--${name}`, value ? "True" : "False"];
  return [
    `--${name}`,
    typeof value === "string" ? value : typeof value === "number" ? String(value) : JSON.stringify(value),
  ];
}

const cases = open.flatMap(([name, option]) => valuesOf(option).flatMap((value) => caseOf(name, value) ?? []));
const wrong = [
  ["--no_such_option", "1"],
  ["--learning_rate", "fast"],
  ["--max_steps", "1.5"],
  ["--logging_strategy"],
  ["--chat_template_path", "Qwen/Qwen3-4B"],
];
let answer: { readonly faults: readonly string[]; readonly refused: readonly (string | null)[] };

beforeAll(() => {
  const env = { ...process.env, HF_HUB_OFFLINE: "1", PLANC_TEMPLATES: `${root}templates` };
  const output = execFileSync(python, [`${root}test/python/option_values.py`], {
    input: JSON.stringify({ cases, wrong }),
    env,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
    maxBuffer: 2 ** 26,
  });
  answer = JSON.parse(output);
});

test("every open option is given a value", () => {
  const given = new Set(cases.map(({ name }) => name));
  expect(open.map(([name]) => name).filter((name) => !given.has(name))).toEqual([]);
  expect(cases.length).toBeGreaterThan(300);
});

test("every value arrives as the class declares it, from train.py and from the command line", () => {
  expect(answer.faults).toEqual([]);
});

test("a number in a free mapping is a float where it is written as one", () => {
  const text = JSON.stringify(
    plan({ sft: { lr_scheduler_type: "polynomial", lr_scheduler_kwargs: { power: 7, lr_end: 0 } } }),
  );
  const files = {
    "plan.yaml": text.replace('"power":7', '"power":7.0'),
    "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
  };
  const { value } = checkPlan(memoryHost(files), "plan.yaml");
  expect(value && emitTrain(value).content).toContain('"lr_scheduler_kwargs": {"power": 7.0, "lr_end": 0},');
});

test("what the trainer's parser cannot read is refused in a sentence", () => {
  expect(answer.refused).toEqual([
    "unknown option --no_such_option: it is neither an argument of train.py nor an option of SFTConfig",
    "argument --learning_rate/--learning-rate: invalid float value: 'fast'",
    "argument --max_steps/--max-steps: invalid int value: '1.5'",
    "argument --logging_strategy/--logging-strategy: expected one argument",
    "chat_template_path Qwen/Qwen3-4B is no file that ends in .jinja or .j2; for anything else the trainer would take " +
      "another tokenizer and resize the embedding, which is sharded",
  ]);
});
