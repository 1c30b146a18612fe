/** `planc report` over what users hand it: runs as they are left, cut off, of other plans, and pages that lie there already. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeHost } from "../../src/cli/node-host.ts";
import { planc, plancOn } from "../cli/io.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";
import { edited, type Name, names, runFiles, texts } from "./fixture.ts";

type Changes = Parameters<typeof runFiles>[0];

const report = (changes: Changes = {}, ...args: readonly string[]) =>
  planc(["report", "run", ...args], runFiles(changes));

/** The record with what a callback makes of it. */
function changed(name: Name, change: (record: Record<string, never>) => void): string {
  const record = JSON.parse(texts[name]);
  change(record);
  return JSON.stringify(record);
}

describe("a run", () => {
  test("is told in short: what it did beside what was foreseen", async () => {
    const { code, stdout, stderr } = await report();
    expect([code, stderr]).toEqual([0, ""]);
    for (const line of [
      /^toy-run: Qwen3MoeForCausalLM, 736,256 parameters/,
      /40 +Steps, 9,940 tokens/,
      /tokens a step +256 +249 +0\.971/,
      /382\.2 KiB +ep +tokens to their experts and back/,
      /4\.02 +times the mean, in layer 2/,
      /training loss +6\.313 +6\.078 +5\.97 +5\.697/,
    ])
      expect(stdout).toMatch(new RegExp(line.source, "m"));
    expect(stdout.split("\n").length).toBeLessThan(60);
  });

  test("that was killed is told by its checkpoint, with the lock of its bundle", async () => {
    const files = runFiles({ "measured.json": undefined, "plan.lock.json": undefined });
    const lock = { "bundle/plan.lock.json": texts["plan.lock.json"] };
    const { code, stdout } = await planc(["report", "run", "--lock", "bundle/plan.lock.json"], { ...files, ...lock });
    expect(code).toBe(0);
    expect(stdout).toContain("no measured.json: the run has not come to its end");
    expect(stdout).toMatch(/training loss +6\.313/);
    expect(stdout).not.toContain("Foreseen and measured");
  });

  test("of an older planc is taken to be of this plan, and what it did not write is said to be missing", async () => {
    const older = changed("measured.json", (record) => {
      for (const key of ["lock", "expert_counts"]) delete record[key];
    });
    const lock = changed("plan.lock.json", (record) => {
      for (const key of ["memory_over_step", "time"]) delete record[key];
    });
    const { code, stdout } = await report({ "measured.json": older, "plan.lock.json": lock });
    expect(code).toBe(0);
    expect(stdout).toContain("the run's figures name no lock");
    expect(stdout).toContain("no counts of single experts");
  });

  test("without any step has nothing to divide by", async () => {
    const none = {
      steps: [0, 0],
      tokens: 0,
      seconds: 0,
      log: [],
      expert_load: {},
      expert_counts: {},
      tokens_per_second_per_gpu: undefined,
    };
    const { code, stdout } = await report({
      "measured.json": edited("measured.json", none),
      "checkpoint-40/trainer_state.json": edited("checkpoint-40/trainer_state.json", { log_history: [] }),
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/tokens a step +256 +not known|tokens a step +256 +not measured/);
    expect(stdout).toContain("no losses");
    expect(stdout).not.toMatch(/NaN|Infinity/);
  });

  test("that diverged has gaps, where the log says so", async () => {
    const state = texts["checkpoint-40/trainer_state.json"].replace(/"loss": [\d.]+,/g, (found) =>
      found.startsWith('"loss": 5.8') ? '"loss": NaN,' : found,
    );
    const measured = changed("measured.json", (record) => {
      record["log"] = [] as never;
    });
    const { code, stdout, stderr } = await report({
      "measured.json": measured,
      "checkpoint-40/trainer_state.json": state,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning PLN5093: loss is not a number at step \d+ and \d+ more/);
    expect(stderr).toMatch(/run\/checkpoint-40\/trainer_state\.json:\d+:\d+/);
    expect(stdout).toMatch(/training loss .*\(\d+ logs not a number\)/);
  });

  test("of the last checkpoint counts, by its number", async () => {
    const state = texts["checkpoint-40/trainer_state.json"];
    const older = state.replaceAll(/"loss": [\d.]+/g, '"loss": 99.0');
    const files = { ...runFiles({ "measured.json": undefined }), "run/checkpoint-9/trainer_state.json": older };
    const { stdout } = await planc(["report", "run"], files);
    expect(stdout).toMatch(/training loss +6\.313/);
  });
});

describe("what is refused, with its place", () => {
  const refusals: Readonly<Record<string, readonly [changes: Changes, code: number, said: RegExp]>> = {
    "a run of another plan": [
      { "measured.json": edited("measured.json", { plan: "qwen3-ep8" }) },
      1,
      /PLN5092: the run is of plan qwen3-ep8, and run\/plan\.lock\.json is the lock of toy-run[\s\S]*measured\.json:1:\d+/,
    ],
    "a run of a lock that was made again": [
      { "plan.lock.json": texts["plan.lock.json"].replace('"nodes": 1', '"nodes": 2') },
      1,
      /PLN5092: the run is of another plan\.lock\.json than run\/plan\.lock\.json: its digest begins with [0-9a-f]{8}/,
    ],
    "figures that are cut off": [
      { "measured.json": texts["measured.json"].slice(0, 900) },
      1,
      /PLN1003: not valid JSON: the text ends in the middle of a value[\s\S]*run\/measured\.json:\d+:\d+/,
    ],
    "a lock that is cut off": [
      { "plan.lock.json": texts["plan.lock.json"].slice(0, 9000) },
      1,
      /PLN1003[\s\S]*run\/plan\.lock\.json:\d+/,
    ],
    "a trainer's log that is cut off": [
      { "checkpoint-40/trainer_state.json": texts["checkpoint-40/trainer_state.json"].slice(0, 5000) },
      1,
      /PLN1003[\s\S]*trainer_state\.json:\d+/,
    ],
    "figures that are empty": [
      { "measured.json": "\n" },
      1,
      /PLN1002: run\/measured\.json is empty[\s\S]*copy it again from the run's folder/,
    ],
    "figures of another version": [
      { "measured.json": edited("measured.json", { version: 2 }) },
      1,
      /PLN5091: version 2; this planc reads version 1/,
    ],
    "a text for a number": [
      { "measured.json": edited("measured.json", { tokens: "many" }) },
      1,
      /PLN5091: tokens is "many"; a number of zero or more is expected/,
    ],
    "a number below zero": [
      { "measured.json": edited("measured.json", { expert_counts: { a: [1, -1] } }) },
      1,
      /PLN5091: expert_counts\.a is \[1,-1\]; a list of numbers of zero or more is expected/,
    ],
    "a list for the whole": [{ "measured.json": "[]" }, 1, /PLN5091: the file is \[\]; a mapping is expected/],
    "a step that is missing in the log": [
      { "checkpoint-40/trainer_state.json": '{ "log_history": [{ "loss": 1.0 }] }' },
      1,
      /PLN5091: log_history\[0\]\.step is missing; a number of zero or more is expected/,
    ],
    "a lock that is another file": [
      { "plan.lock.json": '{ "name": "left-pad", "version": 1 }' },
      1,
      /PLN5091: plan is missing; a mapping is expected/,
    ],
    "a folder without a lock": [
      { "plan.lock.json": undefined },
      1,
      /PLN5090: run has no plan\.lock\.json[\s\S]*--lock BUNDLE\/plan\.lock\.json/,
    ],
  };

  test.each(Object.entries(refusals))("%s", async (_, [changes, code, said]) => {
    const found = await report(changes);
    expect([found.code, found.stdout]).toEqual([code, ""]);
    expect(found.stderr).toMatch(said);
  });

  test("a log beyond all use", async () => {
    const files = memoryHost(runFiles());
    const host = {
      ...nodeHost,
      ...files,
      stat: (path: string) =>
        path.endsWith("measured.json") ? ({ ok: true, kind: "file", size: 2 ** 31 } as const) : files.stat(path),
    };
    const { code, stderr } = await plancOn(host, ["report", "run"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/PLN1001: run\/measured\.json has 2\.0 GiB; at most 64\.0 MiB are read/);
  });

  test("a folder of something else, a path that is not there, a plan with errors, --lock without a run", async () => {
    const files = {
      "other/notes.txt": "",
      "plan.yaml": JSON.stringify(plan({ parallelism: { ep_size: 6 } })),
      "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
    };
    const said = async (...args: readonly string[]) => {
      const { code, stderr, stdout } = await planc(["report", ...args], files);
      return [code, stdout, stderr] as const;
    };
    expect(await said("other")).toEqual([
      1,
      "",
      expect.stringMatching(/PLN5090: other holds neither a plan\.lock\.json nor/),
    ]);
    expect(await said("gone")).toEqual([2, "", expect.stringMatching(/PLN1001: cannot read gone/)]);
    expect(await said("gone.lock.json")).toEqual([2, "", expect.stringMatching(/PLN1001: cannot read gone/)]);
    expect(await said("plan.yaml")).toEqual([1, "", expect.stringMatching(/PLN3004/)]);
    expect(await said("plan.yaml", "--lock", "x")).toEqual([
      2,
      "",
      expect.stringContaining("--lock goes with the folder of a run"),
    ]);
    expect((await said("other", "plan.yaml"))[0]).toBe(2);
    expect((await said())[0]).toBe(2);
  });

  test("never with a bug of planc's, whatever stands where", async () => {
    const odd = fc.constantFrom<unknown>(
      null,
      -1,
      0,
      1e300,
      "x",
      "",
      [],
      {},
      [[]],
      true,
      [null],
      { a: {} },
      0.5,
      [1e300],
      4096,
    );
    const paths = Object.fromEntries(names.map((name) => [name, pathsIn(JSON.parse(texts[name]))])) as Record<
      Name,
      string[][]
    >;
    const anyChange = fc
      .constantFrom(...names)
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...paths[name]), odd, fc.boolean()));
    const property = fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 3 }), async (changes) => {
      const records = new Map<Name, unknown>(names.map((name) => [name, JSON.parse(texts[name])]));
      for (const [name, path, value, isGone] of changes) put(records.get(name), path, value, isGone);
      // The digest would refuse every change of the lock.
      const measured = records.get("measured.json");
      if (typeof measured === "object" && measured !== null) Reflect.deleteProperty(measured, "lock");
      const files = Object.fromEntries([...records].map(([name, record]) => [name, JSON.stringify(record)]));
      const folder = join(place, "any");
      mkdirSync(folder, { recursive: true });
      const page = join(folder, "page.html");
      const host = { ...nodeHost, ...memoryOver(runFiles(files), folder) };
      const { code, stderr } = await plancOn(host, ["report", "run", "--output", page]);
      expect([0, 1], stderr).toContain(code);
      if (code === 0) expect(readFileSync(page, "utf8")).not.toMatch(/NaN|Infinity|undefined/);
    });
    await fc.assert(property, { numRuns: 120 });
  });
});

/** Ways to every value of a record; of a list the first two. */
function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const entries = Object.entries(value).slice(0, Array.isArray(value) ? 2 : undefined);
  return [...(path.length > 0 ? [[...path]] : []), ...entries.flatMap(([key, each]) => pathsIn(each, [...path, key]))];
}

function put(root: unknown, path: readonly string[], value: unknown, isGone: boolean): void {
  const last = path.at(-1) ?? "";
  const holder = path
    .slice(0, -1)
    .reduce<unknown>(
      (each, key) => (typeof each === "object" && each !== null ? Reflect.get(each, key) : undefined),
      root,
    );
  if (typeof holder !== "object" || holder === null) return;
  if (isGone) Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, value);
}

/** A run in memory, and a folder of the disk. */
function memoryOver(files: Readonly<Record<string, string>>, folder: string) {
  const host = memoryHost(files);
  return {
    ...host,
    stat: (path: string) => (path.startsWith(folder) ? nodeHost.stat(path) : host.stat(path)),
    readAt: (path: string, offset: number, length: number) =>
      path.startsWith(folder) ? nodeHost.readAt(path, offset, length) : host.readAt(path, offset, length),
  };
}

const place = mkdtempSync(join(tmpdir(), "planc-report-"));
afterAll(() => rmSync(place, { recursive: true }));

describe("the page's file", () => {
  const at = (...parts: readonly string[]) => join(place, ...parts);
  const written = (output: string, host = nodeHost) => plancOn(host, ["report", at("run"), "--output", output]);

  beforeAll(() => {
    for (const [name, text] of Object.entries(runFiles())) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), text);
    }
  });

  test("is made with its folders, and replaced where planc wrote it", async () => {
    const page = at("pages/new/page.html");
    expect(await written(page)).toMatchObject({ code: 0, stderr: "" });
    const first = readFileSync(page, "utf8");
    expect(first).toMatch(/^<!DOCTYPE html>/);
    writeFileSync(page, `${first}<!-- an older one -->`);
    expect((await written(page)).code).toBe(0);
    expect(readFileSync(page, "utf8")).toBe(first);
    expect(readdirSync(dirname(page))).toEqual(["page.html"]);
  });

  test("is nothing else that lies there", async () => {
    mkdirSync(at("folder"));
    writeFileSync(at("own.html"), "<!DOCTYPE html><p>mine</p>");
    symlinkSync(at("nowhere"), at("link.html"));
    const lock = readFileSync(at("run/plan.lock.json"), "utf8");
    for (const [path, why] of [
      [at("own.html"), "planc report did not write it"],
      [at("folder"), "is no file"],
      [at("link.html"), "is no file"],
      [at("run/plan.lock.json"), "planc report did not write it"],
    ] as const) {
      const { code, stderr, stdout } = await written(path);
      expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(why)]);
    }
    expect(readFileSync(at("own.html"), "utf8")).toBe("<!DOCTYPE html><p>mine</p>");
    expect(readFileSync(at("run/plan.lock.json"), "utf8")).toBe(lock);
    expect(existsSync(at("nowhere"))).toBe(false);
  });

  test("is whole or not there", async () => {
    const page = at("full.html");
    const full = { ...nodeHost, rename: () => ({ ok: false, why: "no space left on device" }) as const };
    const { code, stderr } = await written(page, full);
    expect([code, stderr]).toEqual([2, expect.stringContaining("no space left on device")]);
    expect(readdirSync(place).filter((name) => name.includes("full.html"))).toEqual([]);
  });
});

test("a plan from standard input, and a lock, are reports of what is foreseen", async () => {
  const files = { "config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const fromInput = await planc(["report", "-"], files, JSON.stringify(plan()));
  expect(fromInput.code).toBe(0);
  expect(fromInput.stdout).toMatch(/^test: Qwen3MoeForCausalLM[\s\S]*held by torch's allocator/);
  const fromLock = await planc(["report", "run/plan.lock.json"], runFiles());
  expect(fromLock.code).toBe(0);
  expect(fromLock.stdout).toMatch(/^toy-run: /);
  expect(fromLock.stdout).not.toContain("Missing");
});
