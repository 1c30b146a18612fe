/** A run that is saved and resumed is the run that was never interrupted: the emitted `train.py` on CPU processes. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../../src/compiler.ts";
import { memoryHost } from "../host.ts";
import { smallConfig } from "../model/variants.ts";
import { plan } from "../plans.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";

type Tree = Readonly<Record<string, unknown>>;

const root = mkdtempSync(join(tmpdir(), "planc-resume-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...parts: readonly string[]) => join(root, ...parts);

const meshes = {
  "fsdp 2, ep 2": { fsdp_size: 2, ep_size: 2 },
  "fsdp 2": { fsdp_size: 2, ep_size: 1 },
  "fsdp 4, ep 2": { fsdp_size: 4, ep_size: 2 },
  "fsdp 4, ep 4": { fsdp_size: 4, ep_size: 4 },
  "dp_replicate 2, fsdp 2, ep 2": { dp_replicate_size: 2, fsdp_size: 2, ep_size: 2 },
  "one rank": { fsdp_size: 1, ep_size: 1 },
} as const;
type MeshName = keyof typeof meshes;

/** Families: one with plain experts; one with shared experts, a router's bias that is a buffer, and dropout. */
const configs = {
  qwen3_moe: { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24 },
  deepseek_v3: {
    ...smallConfig("deepseek_v3"),
    moe_intermediate_size: 24,
    num_key_value_heads: 6,
    attention_dropout: 0.1,
  },
} as const;
type Family = keyof typeof configs;

const options = {
  max_length: 32,
  packing: true,
  packing_strategy: "wrapped",
  per_device_train_batch_size: 1,
  gradient_checkpointing: false,
  learning_rate: 2e-3,
  max_steps: 6,
  save_steps: 3,
  logging_steps: 1,
  report_to: "none",
  disable_tqdm: true,
};

function worldOf(mesh: { readonly dp_replicate_size?: number; readonly fsdp_size: number }): number {
  return (mesh.dp_replicate_size ?? 1) * mesh.fsdp_size;
}

async function writeBundleOf(family: Family, name: MeshName): Promise<void> {
  const mesh = meshes[name];
  const tree = plan({
    cluster: { gpus_per_node: worldOf(mesh) },
    parallelism: { dp_replicate_size: 1, ...mesh },
    sft: options,
  });
  const host = memoryHost({ "plan.yaml": JSON.stringify(tree), "config.json": JSON.stringify(configs[family]) });
  const { value, diagnostics } = await compilePlan(host, "plan.yaml");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  mkdirSync(at(family), { recursive: true });
  expect(writeBundle(nodeHost, at(family, name), value?.files ?? []).diagnostics).toEqual([]);
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
  const bundle = at(family, name);
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

const errorOf = (result: Result | undefined) => /^error: (.*)$/m.exec(result?.stderr[0] ?? "")?.[1];
const inFolder = (...parts: readonly string[]) => readdirSync(at(...parts)).filter((name) => /checkpoint/.test(name));

beforeAll(async () => {
  for (const name of Object.keys(meshes) as MeshName[]) await writeBundleOf("qwen3_moe", name);
  await writeBundleOf("deepseek_v3", "fsdp 4, ep 2");
});

describe("resumed after step 3 of 6", () => {
  const twice = ["--gradient_accumulation_steps", "2"];
  const fourTimes = ["--gradient_accumulation_steps", "4"];
  /** The mesh that saves, and those that go on from its checkpoint. */
  const cases = {
    "fsdp 2, ep 2": { more: twice, onto: ["fsdp 4, ep 4"] },
    "fsdp 4, ep 2": { more: [], onto: ["fsdp 2, ep 2", "one rank"] },
    "dp_replicate 2, fsdp 2, ep 2": { more: [], onto: ["fsdp 2"] },
    "one rank": { more: fourTimes, onto: [] },
  } as const;
  const same = Object.keys(cases) as (keyof typeof cases)[];
  const other = same.flatMap((name) => cases[name].onto.map((onto) => [name, onto] as const));
  const ds = "deepseek_v3";
  let results: Readonly<Record<string, Result>>;

  beforeAll(() => {
    results = runNamed({
      toy: toy("qwen3_moe", "qwen3_moe"),
      "toy 2": toy(ds, ds),
      ...Object.assign(
        {},
        ...same.map((name) => ({
          [`${name} whole`]: train(name, { output: name, more: cases[name].more }),
          [`${name} resumed`]: train(name, {
            output: `${name} resumed`,
            resume: `${name}/checkpoint-3`,
            more: cases[name].more,
          }),
          [name]: compare(`${name} resumed/checkpoint-6`, `${name}/checkpoint-6`, `${name} resumed`),
        })),
        ...other.map(([name, onto]) => ({
          [`${onto} from ${name}`]: train(onto, { output: `${onto} from ${name}`, resume: `${name}/checkpoint-3` }),
          [`${name} > ${onto}`]: compare(`${onto} from ${name}/checkpoint-6`, `${name}/checkpoint-6`),
        })),
      ),
      [`${ds} whole`]: train("fsdp 4, ep 2", { family: ds, output: "whole", more: ["--logging_steps", "2"] }),
      [`${ds} resumed`]: train("fsdp 4, ep 2", {
        family: ds,
        output: "resumed",
        resume: "whole/checkpoint-3",
        more: ["--logging_steps", "2"],
      }),
      [ds]: compare("resumed/checkpoint-6", "whole/checkpoint-6", "resumed", ds),
    });
  });

  test.each([...same, ds])("%s: bit for bit what was not interrupted, and what is saved at the end", (name) => {
    expectDone(results[`${name} whole`]);
    expectDone(results[`${name} resumed`]);
    const { model, optimizer, logs, kinds, trained, compared } = comparison(results[name]);
    expect({ model, optimizer, trained }).toEqual({ model: 0, optimizer: 0, trained: 0 });
    expect(kinds).toEqual(["exp_avg", "exp_avg_sq", "step"]);
    expect(compared?.[0]).toBe(compared?.[1]);
    expect(Object.keys(logs[0])).toHaveLength(name === ds ? 3 : 6);
    expect(logs[0]).toEqual(logs[1]);
  });

  test.each(other)("%s, resumed on %s: the same but for the order of sums", (name, onto) => {
    expectDone(results[`${onto} from ${name}`]);
    const { model, optimizer, logs } = comparison(results[`${name} > ${onto}`]);
    expect(model).toBeLessThan(1e-6);
    expect(optimizer).toBeLessThan(1e-5);
    for (const step of ["4", "5", "6"]) {
      for (const key of ["loss", "grad_norm", "learning_rate"]) {
        const [found = Number.NaN, expected = Number.NaN] = logs.map((log) => log[step]?.[key]);
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
      }
    }
    const said = results[`${onto} from ${name}`]?.stdout[0];
    const accumulation = 4 / worldOf(meshes[onto]);
    if (worldOf(meshes[onto]) !== worldOf(meshes[name])) {
      expect(said).toContain(`gradient_accumulation_steps is ${accumulation} on`);
    }
  });

  test("a step that the ranks cannot share is refused, with the numbers", () => {
    const more = ["--gradient_accumulation_steps", "3", "--max_steps", "3"];
    const [saved, refused] = runJobs([
      train("one rank", { output: "three", more }),
      train("fsdp 2", { output: "three on two", resume: "three/checkpoint-3", more: ["--max_steps", "3"] }),
    ]);
    expectDone(saved);
    expect(refused?.status).toEqual([2, 2]);
    expect(errorOf(refused)).toMatch(/takes 3 micro-batches, which 2 ranks cannot share evenly/);
  });

  describe("and nothing but that run", () => {
    test.each([
      ["another option", ["--learning_rate", "1e-3"], /of another plan: learning_rate is 0.002 in it and 0.001 here$/],
      ["another seed and length", ["--seed", "7", "--max_length", "16"], /max_length is 32 .* seed is 42 in it and 7/],
      ["another batch", ["--gradient_accumulation_steps", "2"], /gradient_accumulation_steps is 4 in it and 2 here/],
      ["other steps", [...fourTimes, "--max_steps", "8"], /has 6 steps and this one 8, .* linear schedule/],
      ["another model", [...fourTimes, "--model", at("other", "model")], /num_hidden_layers is 3 in it and 2 here/],
      ["other data", [...fourTimes, "--dataset", at("small", "data.jsonl")], /of another dataset: .*rows is \d+ in it/],
      ["another output's newest", ["--output-dir", at("nothing"), "--resume"], /holds no complete checkpoint/],
      ["a folder that is none", ["--resume", at("qwen3_moe")], /has no planc.json$/],
      ["again without --resume", ["--output-dir", at("qwen3_moe", "one rank")], /holds checkpoint-6 of an earlier run/],
    ])("%s", (what, more, message) => {
      const anew = what.startsWith("again");
      const { num_hidden_layers: _, ...config } = configs.qwen3_moe as Tree;
      const other = { ...config, num_hidden_layers: 2 };
      const prepared = [
        ...(what === "another model"
          ? [{ ...toy("qwen3_moe", "other"), arguments: [at("other"), JSON.stringify(other)] }]
          : []),
        ...(what === "other data" ? [toy("qwen3_moe", "small", ["--rows", "8"])] : []),
      ];
      const job = train("one rank", {
        output: `refused ${what}`,
        ...(anew ? {} : { resume: "one rank/checkpoint-3" }),
        more,
      });
      const result = runJobs([...prepared, job]).at(-1);
      expect([result?.status, errorOf(result)]).toEqual([[2], expect.stringMatching(message)]);
    });

    test("a file that is cut off or missing is refused by name, before anything is loaded", () => {
      for (const name of ["cut", "missing"])
        cpSync(at("qwen3_moe", "fsdp 2, ep 2"), at("qwen3_moe", name), { recursive: true });
      const shard = (name: string) => at("qwen3_moe", name, "checkpoint-6", "__1_0.distcp");
      const bytes = readFileSync(shard("cut")).length;
      truncateSync(shard("cut"), bytes - 1);
      rmSync(shard("missing"));
      const [cut, missing] = runJobs(
        ["cut", "missing"].map((output) => train("fsdp 2, ep 2", { output, resume: "", more: twice })),
      );
      const number = (value: number) => value.toLocaleString("en-US");
      expect([cut?.status, errorOf(cut)]).toEqual([
        [2, 2],
        expect.stringContaining(`${shard("cut")} has ${number(bytes - 1)} bytes instead of ${number(bytes)}`),
      ]);
      expect([missing?.status, errorOf(missing)]).toEqual([
        [2, 2],
        expect.stringContaining(`${shard("missing")} is missing`),
      ]);
      expect(cut?.stderr[0]).not.toContain("Loading weights");
    });

    test("options that only say how it is reported and kept may be others, and a finished run trains no more", () => {
      const more = [...fourTimes, "--logging_steps", "2", "--save_steps", "1", "--save_total_limit", "2"];
      const [free, finished] = runJobs([
        train("one rank", { output: "free", resume: "one rank/checkpoint-3", more }),
        train("one rank", { output: "free", resume: "", more: fourTimes }),
      ]);
      expectDone(free);
      expect(free.stdout[0]?.match(/'loss'/g)).toHaveLength(2);
      expect(inFolder("qwen3_moe", "free").sort()).toEqual(["checkpoint-5", "checkpoint-6"]);
      expectDone(finished);
      expect(finished.stdout[0]).not.toContain("'loss'");
      expect(finished.stdout[0]).toContain("saved the trained model");
    });
  });
});
