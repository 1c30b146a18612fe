/** A run that is saved and resumed is the run that was never interrupted: the emitted `train.py` on CPU processes. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { constants, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { toyBundle, toyConfig, toyPlan } from "./toy-bundle.ts";

const root = mkdtempSync(join(tmpdir(), "planc-resume-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...parts: readonly string[]) => join(root, ...parts);

const meshes = {
  "fsdp 2, ep 2": { fsdp_size: 2, ep_size: 2 },
  "fsdp 2": { fsdp_size: 2, ep_size: 1 },
  "fsdp 4, ep 2": { fsdp_size: 4, ep_size: 2 },
  "dp_replicate 2, fsdp 2, ep 2": { dp_replicate_size: 2, fsdp_size: 2, ep_size: 2 },
  "one rank": { fsdp_size: 1, ep_size: 1 },
} as const;
type MeshName = keyof typeof meshes;

/** Families: one with plain experts; one with shared experts, a router's bias that is a buffer, tied embeddings and dropout. */
const configs = {
  qwen3_moe: toyConfig,
  deepseek_v3: {
    ...smallConfig("deepseek_v3"),
    moe_intermediate_size: 24,
    num_key_value_heads: 6,
    attention_dropout: 0.1,
    tie_word_embeddings: true,
    vocab_size: 96,
  },
} as const;
type Family = keyof typeof configs;

function worldOf(mesh: { readonly dp_replicate_size?: number; readonly fsdp_size: number }): number {
  return (mesh.dp_replicate_size ?? 1) * mesh.fsdp_size;
}

const bundleOf = (family: Family, name: MeshName) => at("bundles", family, name);

async function writeBundleOf(family: Family, name: MeshName): Promise<void> {
  await toyBundle(bundleOf(family, name), configs[family], toyPlan(meshes[name]));
}

interface How {
  readonly family?: Family;
  readonly data?: string;
  /** The run's output folder, and the checkpoint to resume from: `A/checkpoint-3`, or "" for the newest. */
  readonly output: string;
  readonly resume?: string;
  readonly more?: readonly string[];
  readonly fault?: readonly [what: string, rank: number];
}

function train(name: MeshName, how: How): Job {
  const { family = "qwen3_moe", data = "", output, resume, more = [], fault } = how;
  const bundle = join(bundleOf(family, name), "bundle");
  const program = join(bundle, "train.py");
  const resumption = resume === undefined ? [] : resume === "" ? ["--resume"] : ["--resume", at(family, resume)];
  const places = ["--model", at(family, "model"), "--dataset", at(data === "" ? family : data, "data.jsonl")];
  const args = ["--cpu", ...places, "--output-dir", at(family, output), ...resumption, ...more];
  const job = { world: worldOf(meshes[name]), folder: root, path: bundle };
  return fault === undefined
    ? { ...job, program, arguments: args }
    : { ...job, program: ownProgram("resume_faults.py"), arguments: [fault[0], String(fault[1]), program, ...args] };
}

function toy(family: Family, folder: string, more: readonly string[] = []): Job {
  const args = [at(folder), JSON.stringify(configs[family]), ...more];
  return { program: ownProgram("toy_checkpoint.py"), arguments: args, world: 1, folder: root };
}

function compare(first: string, second: string, trained?: string, family: Family = "qwen3_moe"): Job {
  const args = [
    at(family, first),
    at(family, second),
    ...(trained === undefined ? [] : ["--trained", at(family, trained)]),
  ];
  return { program: ownProgram("resume_compare.py"), arguments: args, world: 1, folder: root };
}

interface Comparison {
  readonly model: number;
  readonly optimizer: number;
  readonly logs: readonly [Log, Log];
  readonly kinds: readonly string[];
  readonly trained?: number;
  readonly compared?: readonly [number, number];
}
type Log = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Runs jobs with names; what became of them by name. */
function runNamed<Name extends string>(jobs: Readonly<Record<Name, Job>>): Readonly<Record<Name, Result>> {
  const names = Object.keys(jobs) as Name[];
  const results = runJobs(Object.values(jobs));
  return Object.fromEntries(names.map((name, index) => [name, results[index]])) as Record<Name, Result>;
}

function expectDone(result: Result | undefined): asserts result is Result {
  expect(new Set(result?.status), result?.stderr.join("\n").slice(-4000)).toEqual(new Set([0]));
}

function comparison(result: Result | undefined): Comparison {
  expectDone(result);
  return JSON.parse(result.stdout[0] ?? "");
}

function expectAlike({ model, optimizer, logs }: Comparison, steps: readonly string[]): void {
  expect(model).toBeLessThan(1e-6);
  expect(optimizer).toBeLessThan(1e-5);
  for (const step of steps) {
    for (const key of ["loss", "grad_norm", "learning_rate"]) {
      const [found = Number.NaN, expected = Number.NaN] = logs.map((log) => log[step]?.[key]);
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
    }
  }
}

const errorOf = (result: Result | undefined) => /^error: (.*)$/m.exec(result?.stderr[0] ?? "")?.[1];
const inFolder = (...parts: readonly string[]) =>
  readdirSync(at(...parts))
    .filter((name) => /checkpoint/.test(name))
    .sort();

const twice = ["--gradient_accumulation_steps", "2"];
const fourTimes = ["--gradient_accumulation_steps", "4"];

/** The mesh that saves, and those that go on from its checkpoint. Of "fsdp 2, ep 2" alone the experts are outside of FSDP. */
const cases = {
  "fsdp 2, ep 2": { more: twice, onto: ["fsdp 4, ep 2"] },
  "fsdp 4, ep 2": { more: [], onto: ["fsdp 2, ep 2", "one rank"] },
  "dp_replicate 2, fsdp 2, ep 2": { more: [], onto: ["fsdp 2"] },
  "one rank": { more: fourTimes, onto: [] },
} as const;
const same = Object.keys(cases) as (keyof typeof cases)[];
const other = same.flatMap((name) => cases[name].onto.map((onto) => [name, onto] as const));
const second = "deepseek_v3";

function saveAndResume(name: (typeof same)[number]): Readonly<Record<string, Job>> {
  const { more } = cases[name];
  return {
    [`${name} whole`]: train(name, { output: name, more }),
    [`${name} resumed`]: train(name, { output: `${name} resumed`, resume: `${name}/checkpoint-3`, more }),
    [name]: compare(`${name} resumed/checkpoint-6`, `${name}/checkpoint-6`, `${name} resumed`),
  };
}

function resumeElsewhere([name, onto]: (typeof other)[number]): Readonly<Record<string, Job>> {
  return {
    [`${onto} from ${name}`]: train(onto, { output: `${onto} from ${name}`, resume: `${name}/checkpoint-3` }),
    [`${name} > ${onto}`]: compare(`${onto} from ${name}/checkpoint-6`, `${name}/checkpoint-6`),
  };
}

/** Another family, logged every other step: what is saved is in the middle of an average. */
function secondFamily(): Readonly<Record<string, Job>> {
  const how = { family: second, more: ["--logging_steps", "2"] } as const;
  return {
    [`${second} whole`]: train("fsdp 4, ep 2", { ...how, output: "whole" }),
    [`${second} resumed`]: train("fsdp 4, ep 2", { ...how, output: "resumed", resume: "whole/checkpoint-3" }),
    [second]: compare("resumed/checkpoint-6", "whole/checkpoint-6", "resumed", second),
  };
}

/** Epochs of nine micro-batches, of which four ranks make twelve: three steps. Two ranks would make ten. */
function epochs(): Readonly<Record<string, Job>> {
  const steps = ["--max_steps", "8", "--save_steps", "2"];
  const how = { data: "small", more: steps };
  // This order is drawn from the generators, as they are when an epoch begins.
  const drawn = { data: "small", more: [...steps, "--train_sampling_strategy", "group_by_length"] };
  const single = { data: "small", more: [...fourTimes, "--max_steps", "4", "--save_steps", "2"] };
  return {
    "drawn whole": train("fsdp 2, ep 2", { ...drawn, output: "drawn" }),
    "drawn resumed": train("fsdp 2, ep 2", { ...drawn, output: "drawn resumed", resume: "drawn/checkpoint-6" }),
    "drawn same": compare("drawn resumed/checkpoint-8", "drawn/checkpoint-8"),
    "drawn elsewhere": train("fsdp 4, ep 2", { ...drawn, output: "drawn elsewhere", resume: "drawn/checkpoint-6" }),
    "epochs whole": train("fsdp 4, ep 2", { ...how, output: "epochs" }),
    "epochs on two": train("fsdp 2, ep 2", { ...how, output: "epochs on two", resume: "epochs/checkpoint-4" }),
    "epochs other": compare("epochs on two/checkpoint-8", "epochs/checkpoint-8"),
    "nine whole": train("one rank", { ...single, output: "nine" }),
    "nine on two": train("fsdp 2", { ...single, output: "nine on two", resume: "nine/checkpoint-2" }),
  };
}

/** What goes wrong on a rank, and how the run goes on. */
const faults = {
  told: ["signal:SIGTERM:2", 1],
  "told twice": ["twice:SIGUSR1:2", 1],
  killed: ["kill:6", 0],
  full: ["full:3", 1],
  unpublished: ["publish:3", 0],
  slow: ["slow:3:5", 1],
} as const;
const wholeOf = "fsdp 2, ep 2";

function faulty(): Readonly<Record<string, Job>> {
  const run = (output: string, more: Partial<How>) => train(wholeOf, { output, more: twice, ...more });
  return {
    ...Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, run(name, { fault })])),
    // As a scheduler starts it, before there is a checkpoint and after.
    told: run("told", { fault: faults.told, more: [...twice, "--resume", "auto"] }),
    "full same": compare("full/checkpoint-6", `${wholeOf}/checkpoint-6`),
    "unpublished same": compare("unpublished/checkpoint-6", `${wholeOf}/checkpoint-6`),
    "slow same": compare("slow/checkpoint-3", `${wholeOf}/checkpoint-3`),
    held: train("one rank", { output: "held", more: fourTimes, fault: ["held", 0] }),
  };
}

/** Runs that the checkpoint of "one rank" is not of, and what is said about it. */
const strangers: readonly (readonly [what: string, more: readonly string[], message: RegExp])[] = [
  [
    "another option",
    [...fourTimes, "--learning_rate", "1e-3"],
    /of another plan: learning_rate is 0.002 in it and 0.001 here$/,
  ],
  [
    "two other options",
    [...fourTimes, "--seed", "7", "--max_length", "16"],
    /of another plan: max_length is 32 in it and 16 here; seed is 42 in it and 7 here$/,
  ],
  ["another batch", twice, /gradient_accumulation_steps is 4 in it and 2 here$/],
  [
    "other steps",
    [...fourTimes, "--max-steps", "8"],
    /has 6 steps and this one 8, and .* linear schedule depends on that/,
  ],
  [
    "another model",
    [...fourTimes, "--model", at("other", "model")],
    /of another model: config.num_hidden_layers is 3 in it and 2/,
  ],
  [
    "other data",
    [...fourTimes, "--dataset", at("small", "data.jsonl")],
    /of another dataset: digest is .*; rows is \d+ in it and 9 here$/,
  ],
  ["nothing to resume", [...fourTimes, "--output-dir", at("nothing"), "--resume"], /holds no complete checkpoint/],
  ["a folder that is none", [...fourTimes, "--resume", at("qwen3_moe")], /has no planc.json$/],
  [
    "an output with newer ones",
    [...fourTimes, "--output-dir", at("qwen3_moe", "one rank")],
    /holds checkpoint-6, which is not of a run that goes on from .*checkpoint-3: delete what is newer/,
  ],
  [
    "the first rows again",
    [...fourTimes, "--ignore_data_skip", "True", "--resume", at("qwen3_moe", "again", "checkpoint-3")],
    /^with ignore_data_skip a resumed run takes the first rows of its epoch again: resume without the option$/,
  ],
  [
    "an optimizer that keeps more than tensors",
    [...fourTimes, "--output-dir", at("adafactor"), "--optim", "adafactor"],
    /^the optimizer Adafactor cannot be saved: 'step' of model.embed_tokens.weight is a int, and only tensors/,
  ],
  [
    "an output in use before",
    [...fourTimes, "--output-dir", at("qwen3_moe", "one rank")],
    /holds checkpoint-6 of an earlier run/,
  ],
];

let results: Readonly<Record<string, Result>>;

beforeAll(async () => {
  for (const name of Object.keys(meshes) as MeshName[]) await writeBundleOf("qwen3_moe", name);
  await writeBundleOf(second, "fsdp 4, ep 2");
  const own = { world: 1, folder: root, path: join(bundleOf("qwen3_moe", "one rank"), "bundle"), arguments: [] };
  const before = runNamed({
    toy: toy("qwen3_moe", "qwen3_moe"),
    small: toy("qwen3_moe", "small", ["--rows", "7"]),
    other: {
      ...toy("qwen3_moe", "other"),
      arguments: [at("other"), JSON.stringify({ ...configs.qwen3_moe, num_hidden_layers: 2 })],
    },
    "toy 2": toy(second, second),
    order: { ...own, program: ownProgram("resume_order.py") },
    pieces: { ...own, program: ownProgram("resume_pieces.py"), world: 4 },
    ...Object.assign({}, ...same.map(saveAndResume), ...other.map(resumeElsewhere)),
    ...secondFamily(),
    ...epochs(),
    ...faulty(),
    again: train("one rank", { output: "again", more: [...fourTimes, "--ignore_data_skip", "True"] }),
  });
  leftBehind = inFolder("qwen3_moe", "killed");
  mkdirSync(at("qwen3_moe", "killed", ".checkpoint-mine.tmp"));
  for (const name of ["cut", "missing"]) cpSync(at("qwen3_moe", wholeOf), at("qwen3_moe", name), { recursive: true });
  truncateSync(shardOf("cut"), sizeOf("missing") - 1);
  const missing = sizeOf("missing");
  rmSync(shardOf("missing"));
  shardSize = missing;
  const free = [...fourTimes, "--logging_steps", "2", "--save_steps", "1", "--save_total_limit", "2"];
  const after = runNamed({
    ...Object.fromEntries(
      strangers.map(([what, more]) => {
        const resume =
          more.includes("--resume") || /in use|an optimizer/.test(what) ? {} : { resume: "one rank/checkpoint-3" };
        return [what, train("one rank", { output: `refused ${what}`, ...resume, more })];
      }),
    ),
    ...Object.fromEntries(
      ["cut", "missing"].map((output) => [output, train(wholeOf, { output, resume: "", more: twice })]),
    ),
    ...Object.fromEntries(
      ["told", "killed"].flatMap((output) => [
        [
          `${output} resumed`,
          train(wholeOf, { output, more: [...twice, "--resume", ...(output === "told" ? ["auto"] : [])] }),
        ],
        [`${output} resumed same`, compare(`${output}/checkpoint-6`, `${wholeOf}/checkpoint-6`)],
      ]),
    ),
    free: train("one rank", { output: "free", resume: "one rank/checkpoint-3", more: free }),
    finished: train("one rank", { output: "free", resume: "", more: fourTimes }),
    "again resumed": train("one rank", { output: "again resumed", resume: "again/checkpoint-3", more: fourTimes }),
    "again same": compare("again resumed/checkpoint-6", "one rank/checkpoint-6"),
  });
  results = { ...before, ...after };
});

let leftBehind: readonly string[] = [];
let shardSize = 0;
const shardOf = (output: string) => at("qwen3_moe", output, "checkpoint-6", "__1_0.distcp");
const sizeOf = (output: string) => statSync(shardOf(output)).size;

describe("resumed after step 3 of 6", () => {
  test.each([...same, second])("%s: bit for bit what was not interrupted, and what is saved at the end", (name) => {
    expectDone(results[`${name} whole`]);
    expectDone(results[`${name} resumed`]);
    const { model, optimizer, logs, kinds, trained, compared } = comparison(results[name]);
    expect({ model, optimizer, trained }).toEqual({ model: 0, optimizer: 0, trained: 0 });
    expect(kinds).toEqual(["exp_avg", "exp_avg_sq", "step"]);
    expect(compared?.[0]).toBe(compared?.[1]);
    expect(Object.keys(logs[0])).toEqual(name === second ? ["2", "4", "6"] : ["1", "2", "3", "4", "5", "6"]);
    expect(logs[0]).toEqual(logs[1]);
  });

  test.each(other)("%s, on %s: the same but for the order of sums", (name, onto) => {
    expectDone(results[`${onto} from ${name}`]);
    expectAlike(comparison(results[`${name} > ${onto}`]), ["4", "5", "6"]);
    const said = results[`${onto} from ${name}`]?.stdout[0];
    const accumulation = 4 / worldOf(meshes[onto]);
    if (worldOf(meshes[onto]) !== worldOf(meshes[name])) {
      expect(said).toContain(`gradient_accumulation_steps is ${accumulation} on`);
    }
  });
});

test("resumed from a checkpoint of a run that had ignore_data_skip, without it: what was not interrupted", () => {
  for (const name of ["again", "again resumed"]) expectDone(results[name]);
  expect(comparison(results["again same"])).toMatchObject({ model: 0, optimizer: 0 });
});

describe("resumed in the second epoch", () => {
  test("on the same mesh", () => {
    for (const name of ["drawn whole", "drawn resumed"]) expectDone(results[name]);
    const { model, optimizer, logs } = comparison(results["drawn same"]);
    expect({ model, optimizer }).toEqual({ model: 0, optimizer: 0 });
    for (const log of logs) expect(Object.keys(log)).toHaveLength(8);
    const [found, expected] = logs.map((log) => Object.values(log).map(({ loss, grad_norm }) => [loss, grad_norm]));
    expect(found).toEqual(expected);
  });

  test("on half of the ranks, which take the rows that were repeated to fill the epoch, too", () => {
    for (const name of ["epochs whole", "epochs on two"]) expectDone(results[name]);
    expectAlike(comparison(results["epochs other"]), ["5", "6", "7", "8"]);
  });

  test("not on ranks that cannot make its last step, with the numbers", () => {
    expectDone(results["nine whole"]);
    expect(results["nine on two"]?.status).toEqual([2, 2]);
    expect(errorOf(results["nine on two"])).toMatch(
      /has 9 micro-batches, which 2 ranks cannot share evenly, and step 3 takes its last ones/,
    );
  });

  test("not on other ranks in an order that depends on their number", () => {
    expect(results["drawn elsewhere"]?.status).toEqual([2, 2, 2, 2]);
    expect(errorOf(results["drawn elsewhere"])).toContain("resume on 2 data-parallel ranks, not 4");
  });

  test("in steps that other numbers of ranks make alike, by accelerate's own samplers", () => {
    expectDone(results["order"]);
    const outcomes = JSON.parse(results["order"].stdout[0] ?? "");
    for (const kind of ["before the end", "alike", "replaced", "refused", "not shared"])
      expect(outcomes[kind]).toBeGreaterThan(100);
  });
});

test("a rank's parts lie where torch puts them", () => {
  expectDone(results["pieces"]);
  const { checked, most, kinds } = JSON.parse(results["pieces"].stdout[0] ?? "");
  expect(checked).toBeGreaterThan(60);
  expect([most, kinds]).toEqual([2, ["Shard", "_StridedShard"]]);
});

describe("told to stop", () => {
  test("by a signal to one rank: all of them save after its step, and the run goes on from there", () => {
    expect(results["told"]?.status, results["told"]?.stderr.join("\n").slice(-4000)).toEqual([75, 75]);
    expect(results["told"]?.stderr[0]).toContain("told to stop after step 2");
    expectDone(results["told resumed"]);
    expect(comparison(results["told resumed same"])).toMatchObject({ model: 0, optimizer: 0 });
  });

  test("twice: at once", () => {
    expect(results["told twice"]?.status[1]).toBe(128 + constants.signals.SIGUSR1);
    expect(inFolder("qwen3_moe", "told twice")).toEqual([]);
  });
});

describe("a save", () => {
  test("goes on behind the steps, and writes what the parameters were", () => {
    expectDone(results["slow"]);
    expect(comparison(results["slow same"])).toMatchObject({ model: 0, optimizer: 0 });
  });

  test("that dies with its rank leaves the last checkpoint, and its remains go at the next start", () => {
    expect(results["killed"]?.status[0]).toBe(-constants.signals.SIGKILL);
    expect(leftBehind).toEqual([".checkpoint-6.tmp", "checkpoint-3"]);
    expectDone(results["killed resumed"]);
    expect(results["killed resumed"].stdout[0]).toMatch(/resuming from .*checkpoint-3, after step 3$/m);
    expect(inFolder("qwen3_moe", "killed")).toEqual([".checkpoint-mine.tmp", "checkpoint-3", "checkpoint-6"]);
    expect(comparison(results["killed resumed same"])).toMatchObject({ model: 0, optimizer: 0 });
  });

  test.each([
    ["full", "rank 1: [Errno 27] File too large"],
    ["unpublished", "rank 0: [Errno 28] No space left on device"],
  ])("that cannot write (%s) fails alone: every rank says why, and the run goes on", (name, reason) => {
    const result = results[name];
    expectDone(result);
    for (const text of result.stderr) expect(text).toContain(`warning: checkpoint-3 was not saved: ${reason}`);
    expect(inFolder("qwen3_moe", name)).toEqual(["checkpoint-6"]);
    expect(comparison(results[`${name} same`])).toMatchObject({ model: 0, optimizer: 0 });
  });
});

describe("refused", () => {
  test.each(strangers)("%s", (what, _, message) => {
    expect([results[what]?.status, errorOf(results[what])]).toEqual([[2], expect.stringMatching(message)]);
  });

  test("a file that is cut off or missing, by name, before anything is loaded", () => {
    const number = (value: number) => value.toLocaleString("en-US");
    const { cut, missing } = results;
    expect([cut?.status, errorOf(cut)]).toEqual([
      [2, 2],
      expect.stringContaining(`${shardOf("cut")} has ${number(shardSize - 1)} bytes instead of ${number(shardSize)}`),
    ]);
    expect([missing?.status, errorOf(missing)]).toEqual([
      [2, 2],
      expect.stringContaining(`${shardOf("missing")} is missing`),
    ]);
    for (const result of [cut, missing]) expect(result?.stderr[0]).not.toContain("Loading weights");
  });

  test("a second run in one folder, with who has it", () => {
    const holder = /held by (\d+)/.exec(results["held"]?.stdout[0] ?? "")?.[1];
    expect(results["held"]?.status).toEqual([2]);
    expect(errorOf(results["held"])).toContain(`is in use by process ${holder} on ${hostname()}`);
  });
});

test("what is only reported and kept may be told otherwise, and a finished run trains no more", () => {
  expectDone(results["free"]);
  expect(results["free"].stdout[0]?.match(/'loss'/g)).toHaveLength(2);
  expect(inFolder("qwen3_moe", "free")).toEqual(["checkpoint-5", "checkpoint-6"]);
  expectDone(results["finished"]);
  expect(results["finished"].stdout[0]).not.toContain("'loss'");
  expect(results["finished"].stdout[0]).toContain("saved the trained model");
});
