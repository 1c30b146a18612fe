/** What train.py opens first: rows of every form, a mistake in them on any rank, and a tokenizer of its own. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { runtime } from "./preflight.ts";
import { toyBundle, toyJob } from "./toy-bundle.ts";

const root = mkdtempSync(join(tmpdir(), "planc-opening-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...parts: readonly string[]) => join(root, ...parts);
const tokenizer = fileURLToPath(new URL("../fixtures/tokenizer", import.meta.url));
const config = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24, vocab_size: 288 };

/** A checkpoint that nobody could load: there are no weights in it. What ends before that ends before the model. */
const hollow = at("hollow");
cpSync(tokenizer, hollow, { recursive: true });
writeFileSync(join(hollow, "config.json"), JSON.stringify({ ...config, architectures: ["Qwen3MoeForCausalLM"] }));
const write = (name: string, ...rows: readonly object[]) => {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return at(name);
};
const talk = {
  messages: [
    { role: "user", content: "hi" },
    { role: "assistant", content: "the sky" },
  ],
};
const rows = write("talk.jsonl", ...Array.from({ length: 8 }, () => talk));
const columns = write("columns.jsonl", { content: "x" });
const text = write("text.jsonl", { text: "a" }, { text: "b" });
const more = write("more.jsonl", { text: "a" }, { text: "b" }, { text: "c" });
const last = write("last.jsonl", ...Array.from({ length: 3000 }, () => ({ text: "a" })), { text: null }, { text: "a" });

const mixed = write(
  "mixed.jsonl",
  { text: "a" },
  { text: [1] },
  ...Array.from({ length: 3000 }, () => ({ text: "a" })),
);

function train(...args: readonly string[]): Job {
  const bundle = at("plan", "bundle");
  const all = ["--cpu", "--output-dir", at(`output-${args.join("").length}`), ...args];
  return { program: join(bundle, "train.py"), arguments: all, world: 2, folder: root, path: bundle };
}
function onRank(rank: string, option: string, value: string, job: Job): Job {
  return {
    ...job,
    program: ownProgram("data_rank.py"),
    arguments: [rank, option, value, job.program, ...job.arguments],
  };
}

const wrong: Readonly<Record<string, readonly [Job, RegExp]>> = {
  "no such column": [
    train("--model", hollow, "--dataset", columns),
    /^\S+ \(train\): the columns are content; a row is text/,
  ],
  "nothing there": [
    train("--model", hollow, "--dataset", "./nowhere"),
    /^the data .\/nowhere does not exist; give another with --dataset$/,
  ],
  "no rows to evaluate on": [
    train("--model", hollow, "--dataset", text, "--eval_on_start", "true"),
    /^the options ask for evaluations, and there are no rows/,
  ],
  "a null that no sample meets": [train("--model", hollow, "--dataset", last), /^\S+ \(train\): row 3000 has no text$/],
  "a list among texts that no sample meets": [
    train("--model", hollow, "--dataset", mixed),
    /^\S+ \(train\): row 1 has a list of int as text, not text$/,
  ],
  "no tokenizer": [
    train("--model", hollow, "--dataset", text, "--tokenizer", "./nowhere"),
    /^the tokenizer folder .\/nowhere does not exist/,
  ],
  "evaluation rows of no kind": [
    train("--model", hollow, "--dataset", text, "--eval_strategy", "epoch", "--eval-dataset", columns),
    /columns.jsonl \(train\): the columns are content/,
  ],
  "a file that one machine has not": [
    onRank("1", "--dataset", "./nowhere", train("--model", hollow, "--dataset", text)),
    /^rank 1: the data .\/nowhere does not exist/,
  ],
  "other rows on one machine": [
    onRank("1", "--dataset", more, train("--model", hollow, "--dataset", text)),
    /^rank 1 found \[3\] rows and rank 0 \[2\]: the data have to be the same on each machine$/,
  ],
};
const whatIsWrong = Object.keys(wrong);

/** Path, split → rows, the first and the last of them, and how many of the first fifty a peek finds; or why not. */
const sources: Readonly<Record<string, readonly unknown[] | RegExp>> = {
  ...Object.fromEntries(
    [
      "rows.jsonl",
      "rows.jsonl.gz",
      "rows.json.bz2",
      "rows.jsonl.xz",
      "rows.json",
      "rows.txt",
      "rows.parquet",
      "rows.csv",
      "saved",
    ].map((name) => [`${name} train`, [200, "row 0", "row 199", 50]]),
  ),
  "rows.jsonl anything[:20]": [20, "row 0", "row 19", 20],
  "rows.parquet train[10%:20%]": [20, "row 20", "row 39", 50],
  "rows.jsonl train[-5:]": [5, "row 195", "row 199", 50],
  "rows.jsonl train[:3]+train[10:12]": [5, "row 0", "row 11", 5],
  "saved train[:7]": [7, "row 0", "row 6", 7],
  "splits test": [30, "row 0", "row 29", 30],
  "splits test[10%:]+train[:1]": [28, "row 3", "row 0", 28],
  "both train[190:]+test[:5]": [15, "row 190", "row 4", 15],
  "both test": [30, "row 0", "row 29", 30],
  "shards train": [400, "row 0", "row 199", 50],
  "shards/part-*.jsonl train[:250]": [250, "row 0", "row 49", 50],
  "both valid": /^cannot load the data \/both: .*valid/,
  "splits valid": /^cannot load the data \/splits: Unknown split "valid"/,
  "rows.jsonl train+test": /^\/rows.jsonl is one split, not train and test/,
  "rows.jsonl train[0.1:]": /^the split train\[0.1:\] cannot be read: .*write train, train\[:1000\]/,
  "words.jsonl train": /^cannot load the data \/words.jsonl: /,
};

let results: Result[];

beforeAll(async () => {
  const mesh = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 }, recompute: "none" };
  const sft = {
    max_length: 32,
    packing: false,
    packing_strategy: undefined,
    max_steps: 1,
    report_to: "none",
    disable_tqdm: true,
  };
  await toyBundle(at("plan"), config, { ...mesh, sft });
  await toyBundle(at("own"), config, { ...mesh, sft, model: { tokenizer }, data: { path: rows } });
  mkdirSync(at("sources"));
  const own = { world: 2, folder: root, path: at("own", "bundle") };
  results = runJobs([
    ...whatIsWrong.map((name) => (wrong[name] as readonly [Job, RegExp])[0]),
    {
      program: ownProgram("data_sources.py"),
      arguments: [at("sources"), Object.keys(sources).join("\n")],
      world: 1,
      folder: root,
      path: runtime,
    },
    toyJob(root, config),
    {
      ...own,
      program: at("own/bundle/train.py"),
      arguments: ["--cpu", "--model", at("model"), "--output-dir", at("own-output")],
    },
    {
      ...own,
      program: at("own/bundle/forward.py"),
      arguments: ["--cpu", "--model", at("model"), "--prompt", "the sky", "--max-new-tokens", "1"],
    },
  ]);
});

describe("a mistake ends every rank before the model is loaded, with one sentence", () => {
  test.each(whatIsWrong)("%s", (name) => {
    const { status = [], stderr = [] } = results[whatIsWrong.indexOf(name)] ?? {};
    expect(status).toEqual([2, 2]);
    const said = stderr.flatMap((each) => each.split("\n").filter((line) => line.startsWith("error: ")));
    expect(said).toEqual([
      expect.stringMatching((wrong[name] as readonly [Job, RegExp])[1].source.replace("^", "^error: ")),
    ]);
    expect(stderr.join("")).not.toContain("Traceback");
  });
});

test("rows of every form are found, and a slice is the same rows everywhere", () => {
  const result = results[whatIsWrong.length];
  expect(result?.status, result?.stderr.join("\n")).toEqual([0]);
  const found = JSON.parse(result?.stdout[0]?.trim().split("\n").at(-1) ?? "");
  for (const [name, expected] of Object.entries(sources))
    expect([name, found[name]]).toEqual([
      name,
      expected instanceof RegExp ? expect.stringMatching(expected) : expected,
    ]);
});

test("a tokenizer of its own makes the rows, reads the prompt and goes with the trained model", () => {
  const [trained, forward] = results.slice(-2);
  expect(trained?.status, trained?.stderr.join("\n").slice(-3000)).toEqual([0, 0]);
  const saved = readFileSync(at("own-output/tokenizer.json"), "utf8");
  expect(Object.keys(JSON.parse(saved).model.vocab)).toEqual(
    Object.keys(JSON.parse(readFileSync(join(tokenizer, "tokenizer.json"), "utf8")).model.vocab),
  );
  expect(existsSync(at("own-output/chat_template.jinja"))).toBe(true);
  expect(forward?.status, forward?.stderr.join("\n").slice(-3000)).toEqual([0, 0]);
});
