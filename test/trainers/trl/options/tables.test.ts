/**
 * What planc knows of trainer options stands in tables. Every row is one that some plan reaches: an option that the release
 * has (or one that it has not, where the table says so), with the message that the row is there for.
 */
import { describe, expect, test } from "vitest";
import { keysOf } from "../../../../src/plan/keys.ts";
import { elsewhere, elsewhereOf } from "../../../../src/trainers/trl/options/elsewhere.ts";
import { idle } from "../../../../src/trainers/trl/options/idle.ts";
import { type Limit, limits } from "../../../../src/trainers/trl/options/limits.ts";
import { optimArguments, optimOptions } from "../../../../src/trainers/trl/options/optim-args.ts";
import { packages, runnable } from "../../../../src/trainers/trl/options/optimizers.ts";
import type { TrainerOption } from "../../../../src/trainers/trl/options/option.ts";
import { plancOwned } from "../../../../src/trainers/trl/options/owned.ts";
import { reporters } from "../../../../src/trainers/trl/options/reporting.ts";
import { unfit } from "../../../../src/trainers/trl/options/sharded.ts";
import { dpo as dpoTask, sft as trainerTask } from "../../../compiler.ts";
import { dpo, type Finding, sft } from "../../../engines/transformers/findings.ts";

const { options } = trainerTask;
const said = (found: readonly Finding[], code: string) => found.filter((each) => each.code === code);
const valuesOf = (name: string) => options.get(name)?.values ?? [];

/** Whether a plan has a key, named as help texts name it: `parallelism.ep_size`, `recompute`. */
function isKey(path: string): boolean {
  const dot = path.lastIndexOf(".");
  return keysOf(path.slice(0, Math.max(0, dot))).includes(path.slice(dot + 1));
}

describe("names from elsewhere", () => {
  test.each(Object.entries(elsewhere))("%s", (name, { what, instead }) => {
    expect(sft({ save_strategy: "no", [name]: 1 })).toEqual([
      { code: "PLN4020", at: name, message: `${name} is no option of SFTConfig but ${what}`, help: instead },
    ]);
    const [, key] = /^write it under (parallelism: \w+)/.exec(instead) ?? [];
    const keys = [
      ...instead.matchAll(/\b[a-z]+\.\w+/g),
      ...(key === undefined ? [] : [[key.replace(": ", ".")]]),
    ].flat();
    const [, option] = /^write (?!its? )([a-z_]+)\b(?!\.)/.exec(instead) ?? [];
    expect(keys.filter((each) => !isKey(each))).toEqual([]);
    if (option !== undefined) expect(options.has(option), option).toBe(true);
    if (keys.length === 0 && option === undefined)
      expect(instead).toMatch(/^drop it|^write its sizes under parallelism$/);
  });

  test("those that are told by what they begin with", () => {
    const begun = ["fsdp", "deepspeed", "megatron_lm", "dynamo", "parallelism_config"].map((word) => `${word}_new_key`);
    for (const name of begun) expect(said(sft({ [name]: 1 }), "PLN4020")[0]?.help).toBe(elsewhereOf(name)?.instead);
    // None of them hides an option of the release.
    expect([...options.keys()].filter((name) => elsewhereOf(name) !== undefined && !(name in plancOwned))).toEqual([]);
  });
});

test.each(Object.entries(plancOwned))("%s is set by planc", (name, { key, why }) => {
  expect(options.has(name)).toBe(true);
  if (key !== undefined) expect(isKey(key), key).toBe(true);
  const help = key === undefined ? `drop ${name}` : `drop ${name} and write ${key}`;
  expect(sft({ [name]: 1 })).toEqual([{ code: "PLN4021", at: name, message: `${name} is set by planc: ${why}`, help }]);
});

describe("limits", () => {
  // Under the task whose class has the option.
  const ofTask = (name: string) => (options.has(name) ? sft : dpo);
  const isOut = (name: string, value: number) => said(ofTask(name)({ [name]: value }), "PLN4024").length === 1;
  const isIn = (name: string, value: number) =>
    ofTask(name)({ [name]: value }).every(({ code }) => code !== "PLN4024" && code !== "PLN4022");

  test.each(Object.entries(limits))("%s", (name, limit: Limit) => {
    const { least, above, below, most, also, steps } = limit;
    const types = (options.get(name) ?? dpoTask.options.get(name))?.types ?? [];
    const small = types.includes("float") ? 1e-9 : 1;
    expect(types.some((type) => type === "int" || type === "float")).toBe(true);
    expect(isOut(name, above ? least : least - small)).toBe(true);
    expect(isIn(name, above ? least + small : least)).toBe(true);
    if (below !== undefined) expect([isIn(name, below - small), isOut(name, below)]).toEqual([true, true]);
    if (most !== undefined) expect([isIn(name, most), isOut(name, most + small)]).toEqual([true, true]);
    if (also !== undefined) expect(isIn(name, also)).toBe(true);
    if (steps) expect([isOut(name, 1.5), isIn(name, 0.5), isIn(name, 1)]).toEqual([true, true, true]);
  });
});

test.each(unfit.map((row) => [row.option, row] as const))("%s does not work when sharded", (name, row) => {
  for (const value of row.values) {
    const [finding, ...others] = sft({ [name]: value });
    expect(finding).toMatchObject({ code: "PLN4028", at: String(value), help: row.because.workaround });
    expect(finding?.message).toContain(row.because.symptom);
    expect(others).toEqual([]);
  }
});

describe("optimizers", () => {
  test("each of the release runs, or is refused for a reason of its own", () => {
    const refusals = valuesOf("optim").flatMap((optim) => said(sft({ optim }), "PLN4027"));
    expect(refusals.map(({ at }) => at)).toEqual(valuesOf("optim").filter((optim) => !runnable.includes(optim)));
    expect(runnable.filter((optim) => !valuesOf("optim").includes(optim))).toEqual([]);
    const reasons = refusals.map(({ message }) => message);
    for (const [, name] of packages) expect(reasons.some((reason) => reason.includes(`needs ${name},`))).toBe(true);
    for (const why of ["plain tensors", "several processes", "for TPUs", "for NPUs"])
      expect(reasons.some((reason) => reason.includes(why))).toBe(true);
  });

  test.each(Object.entries(optimArguments))("arguments of %s", (optim, known) => {
    expect(runnable).toContain(optim);
    for (const [name, kind] of Object.entries(known)) {
      expect(said(sft({ optim, optim_args: `${name}=1` }), "PLN4060")).toEqual([]);
      const [wrong] = said(sft({ optim, optim_args: `${name}=x` }), "PLN4061");
      expect(wrong?.message).toContain(kind === "flag" ? "true or false" : "a number of at least 0");
    }
    const others = Object.entries(optimOptions).filter(([name]) => !(name in known));
    for (const [name, instead] of others) {
      expect(said(sft({ optim, optim_args: `${name}=1` }), "PLN4060")).toMatchObject([
        { help: `drop it and write sft.${instead}` },
      ]);
      for (const option of instead.split(" and ")) expect(options.has(option)).toBe(true);
    }
  });
});

test("packages are known of every integration that may be reported to", () => {
  expect(Object.keys(reporters).sort()).toEqual(
    valuesOf("report_to")
      .filter((name) => name !== "all" && name !== "none")
      .sort(),
  );
});

describe("options without effect", () => {
  const contexts: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { max_steps: 10 },
    { save_strategy: "no" },
    { save_strategy: "epoch" },
    { logging_strategy: "no" },
    { eval_strategy: "epoch" },
    { optim: "sgd" },
    { lr_scheduler_type: "constant" },
  ];

  /** A value that the option takes and that is not its default. */
  function another({ types, values = [], default: own }: TrainerOption): unknown {
    const samples = [...values, ...types.flatMap((type) => samplesOf[type] ?? [])];
    return samples.find((value) => value !== own);
  }

  const samplesOf: Readonly<Record<string, readonly unknown[]>> = {
    int: [7],
    float: [0.5],
    bool: [true, false],
    str: ["x"],
    dict: [{}],
  };

  test.each([...new Set(idle.flatMap((row) => row.options))])("%s, for each reason", (name) => {
    const option = options.get(name);
    if (option === undefined) throw new Error(`${name} is no option`);
    const reasons = contexts.flatMap((context) => said(sft({ ...context, [name]: another(option) }), "PLN4034"));
    const messages = new Set(reasons.filter(({ at }) => at === name).map(({ message }) => message));
    expect(messages.size).toBeGreaterThanOrEqual(idle.filter((row) => row.options.includes(name)).length);
  });
});
