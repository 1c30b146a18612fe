/** What the preflight says of the rows and the tokenizer, on this machine's own files. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Job, runJobs } from "../python/jobs.ts";
import { linesOf, lockFor, runtime, writeLock } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-preflight-data-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const write = (name: string, rows: readonly unknown[]) => {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return at(name);
};

const model = at("model");
cpSync(fileURLToPath(new URL("../fixtures/tokenizer", import.meta.url)), model, { recursive: true });
writeFileSync(join(model, "config.json"), JSON.stringify({ model_type: "qwen3_moe", vocab_size: 300 }));
const bare = at("bare");
mkdirSync(bare);

const rows = write("rows.jsonl", [{ text: "the sky is blue" }, { text: "blue" }]);
const long = write("long.jsonl", [
  { prompt: "a".repeat(40), completion: "b" },
  { prompt: "a", completion: "b".repeat(40) },
]);
mkdirSync(at("shards"));
for (const part of [0, 1]) writeFileSync(at(`shards/part-${part}.jsonl.gz`), gzipSync('{"text": "a"}\n'));
mkdirSync(at("empty"));

const lock = writeLock(folder, lockFor({ sft: { max_length: 16, packing: false, packing_strategy: undefined } }));

/** The lines about rows and tokens, of each run of the preflight by its name. */
let said: Readonly<Record<string, Readonly<Record<string, string>>>>;

const wrong: readonly (readonly [what: string, args: readonly string[], RegExp])[] = [
  [
    "no file",
    ["--dataset", at("nothing.jsonl")],
    /^fails data: the data \S+ does not exist; give another with --dataset$/,
  ],
  [
    "a folder without data",
    ["--dataset", at("empty")],
    /^fails data: the folder \S+ holds no data files; known endings: /,
  ],
  ["a pattern that nothing matches", ["--dataset", at("*.nope")], /^fails data: no file matches /],
  ["another ending", ["--dataset", join(model, "tokenizer.json").replace("json", "bin")], /^fails data: /],
  [
    "unknown columns",
    ["--dataset", write("odd.jsonl", [{ content: "x" }])],
    /^fails data: \S+ \(train\): the columns are content; a row is text in a column text/,
  ],
  [
    "a null",
    ["--dataset", write("null.jsonl", [{ text: "a" }, { text: null }])],
    /^fails data: \S+ \(train\): row 1 has no text/,
  ],
  ["no rows", ["--dataset", write("none.jsonl", [])], /^fails data: /],
  [
    "a Hub dataset that is not here",
    ["--dataset", "planc-no/such"],
    /^fails data: planc-no\/such is not in the cache, and the Hub is switched off/,
  ],
  [
    "an option that does not fit",
    ["--dataset", rows, "--assistant_only_loss", "true"],
    /^fails data: .*assistant_only_loss needs rows of messages/,
  ],
  [
    "evaluation rows that are not there",
    ["--dataset", rows, "--eval_strategy", "steps", "--eval-dataset", at("no.csv")],
    /^fails evaluation data: the data \S+ does not exist; give another with --eval-dataset$/,
  ],
];

const beyond = write("beyond.jsonl", [{ input_ids: [3, 4, 300] }]);
const runs: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(wrong.map(([what, args]) => [what, args])),
  pattern: ["--dataset", at("shards/part-*.jsonl.gz")],
  folder: ["--dataset", at("shards")],
  bare: ["--dataset", rows, "--tokenizer", bare],
  nowhere: ["--dataset", rows, "--tokenizer", "./nowhere"],
  cut: ["--dataset", long, "--eval_strategy", "epoch", "--eval-dataset", rows],
  beyond: ["--dataset", beyond],
};

beforeAll(() => {
  const program = `${runtime}/planc_runtime/preflight/__main__.py`;
  const results = runJobs(
    Object.values(runs).map(
      (args): Job => ({
        program,
        arguments: [lock, "--cpu", "--model", model, "--output-dir", at("output"), ...args],
        world: 1,
        folder,
        path: runtime,
      }),
    ),
  );
  said = Object.fromEntries(
    Object.keys(runs).map((name, index) => {
      const {
        stdout: [stdout = ""] = [],
        stderr: [stderr = ""] = [],
        status: [status = -1] = [],
      } = results[index] ?? {};
      expect(stderr).not.toContain("Traceback");
      return [name, linesOf({ status, stdout, stderr }).named];
    }),
  );
});

test.each(wrong)("%s", (what, _, line) => {
  expect(Object.values(said[what] ?? {}).filter((each) => line.test(each))).toHaveLength(1);
});

test("files, compressed and sharded, by pattern and by folder", () => {
  const told = /^ok data: \S+, split train: 2 files, .*; rows of text \(text\)$/;
  expect(said["pattern"]?.["data"]).toMatch(told);
  expect(said["folder"]?.["data"]).toMatch(told);
});

test("a tokenizer that is not there", () => {
  expect(said["bare"]?.["tokenizer"]).toMatch(/^fails tokenizer: \S+ has no tokenizer: none of tokenizer.json/);
  expect(said["nowhere"]?.["tokenizer"]).toMatch(/^fails tokenizer: .\/nowhere does not exist/);
});

test("a sample: the share in the loss, rows that are cut, dropped and beyond the vocabulary", () => {
  expect(said["cut"]?.["tokenizer"]).toMatch(
    /^ok tokenizer: \S+: 286 tokens of the model's 300, end of text <\|im_end\|>, pads with/,
  );
  expect(said["cut"]?.["data sample"]).toMatch(
    /^warns data sample: the first 2 rows have 84 tokens, the longest 42; 2 are cut at max_length 16; 1 are dropped; 94% of 16 in 1 sequences is in the loss$/,
  );
  expect(said["cut"]?.["evaluation data sample"]).toMatch(
    /^ok evaluation data sample: the first 2 rows have 13 tokens, the longest 8; 85% of 13/,
  );
  expect(said["beyond"]?.["data sample"]).toMatch(
    /^fails data sample: a row has the token 300, and the model's vocabulary ends at 299/,
  );
});
