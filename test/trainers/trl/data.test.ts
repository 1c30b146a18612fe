/** `planc check` reads the first rows of a plan's data: what it says of sound and of hostile files, on a real disk. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { nodeHost } from "../../../src/cli/node-host.ts";
import type { Host } from "../../../src/host.ts";
import { readPlan } from "../../../src/plan/read.ts";
import { judgeData } from "../../../src/trainers/trl/data/judge.ts";
import { plan } from "../../plans.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-data-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: readonly string[]) => join(folder, ...names);
const write = (name: string, content: string | Uint8Array) => writeFileSync(at(name), content);

/** What is said of a plan with such data, and the bytes that were read for it. */
function judge(data: object, changes: object = {}) {
  writeFileSync(at("plan.yaml"), JSON.stringify(plan({ data, ...changes })));
  const { value } = readPlan(nodeHost, at("plan.yaml"));
  if (value === undefined) throw new Error("the plan has errors");
  let bytes = 0;
  const counting: Host = {
    ...nodeHost,
    read: () => {
      throw new Error("a file was read as a whole");
    },
    readAt: (path, offset, length) => {
      bytes += length;
      return nodeHost.readAt(path, offset, length);
    },
  };
  return { found: judgeData(counting, value).map(({ code, message }) => `${code} ${message}`), bytes };
}
const said = (path: string, changes: object = {}) => judge({ path }, changes).found;

const row = `${JSON.stringify({ text: "the sky" })}\n`;
mkdirSync(at("shards/deep"), { recursive: true });
mkdirSync(at("bare"));
mkdirSync(at("saved"));
write("rows.jsonl", row.repeat(3));
write("rows.jsonl.gz", gzipSync(row));
write("pretty.json", JSON.stringify([{ text: "a" }, { text: "b" }], null, 2));
write("rows.csv", 'id,"text"\r\n1,a\r\n');
write("rows.txt", "one line\n");
write("rows.parquet", "PAR1");
write("rows.jsonl.xz", "\xfd7zXZ");
write("shards/deep/part-0.jsonl", row);
write("saved/dataset_info.json", "{}");
write("bom.jsonl", `\ufeff${row}`);

test.each([
  "rows.jsonl",
  "rows.jsonl.gz",
  "pretty.json",
  "rows.csv",
  "rows.txt",
  "rows.parquet",
  "rows.jsonl.xz",
  "shards",
  "saved",
  "bom.jsonl",
])("nothing is said of %s", (name) => {
  expect(said(`./${name}`)).toEqual([]);
  expect(said(at(name))).toEqual([]);
});

test("data that are not on this disk are no mistake", () => {
  for (const path of ["./nowhere.jsonl", "/data/nowhere", "org/name", "~/x.jsonl", "data/*.jsonl"])
    expect(said(path)).toEqual([]);
});

const wrong: readonly (readonly [name: string, content: string | Uint8Array, RegExp])[] = [
  ["empty.jsonl", "", /^PLN2210 \S+ is empty$/],
  ["empty.jsonl.gz", "", /^PLN2210 \S+ is empty$/],
  ["blank.jsonl", "\n\n \n", /^PLN2210 \S+ holds no rows$/],
  ["list.json", "[]", /^PLN2210 \S+ holds no rows$/],
  ["head.csv", "text\n", /^PLN2210 \S+ holds no rows: there is nothing after its first line$/],
  ["utf16.jsonl", Buffer.from(row, "utf16le"), /^PLN2210 \S+ (is not UTF-8|is no JSON)/],
  ["latin.jsonl", Buffer.from('{"text": "caf\xe9"}\n', "latin1"), /^PLN2210 \S+ is not UTF-8$/],
  ["words.jsonl", "the sky\n", /^PLN2210 \S+ is no JSON: row 0 cannot be read$/],
  ["cut.jsonl", '{"text": "a"}\n{"text": "b', /^PLN2210 \S+ is no JSON: row 1 has no end$/],
  ["numbers.jsonl", "1\n2\n", /^PLN2210 \S+ holds no rows: row 0 is no object/],
  ["nested.json", '[["a"]]', /^PLN2210 \S+ holds no rows: row 0 is no object/],
  ["broken.jsonl.gz", "no gzip at all", /^PLN2210 \S+ is no gzip file, or is damaged$/],
  ["odd.bin", "x", /^PLN2210 \S+ is no data file that can be read; known endings: \.jsonl/],
  ["columns.jsonl", '{"content": "a", "\\u001b[31mid": 1}\n', /^PLN2211 \S+: the columns are content, \\x1b\[31mid$/],
  ["number.jsonl", '{"text": 5}\n', /^PLN2211 \S+: row 0 has a number as text, not text$/],
  ["null.jsonl", `${row}{"text": null}\n`, /^PLN2211 \S+: row 1 has no text$/],
  ["names.csv", "id,body\n1,a\n", /^PLN2211 \S+: the columns are id, body$/],
  ["talk.csv", 'messages\n"[]"\n', /^PLN2211 \S+: messages is text, not a list of messages/],
];

test.each(wrong)("%s", (name, content, message) => {
  write(name, content);
  expect(said(`./${name}`)).toEqual([expect.stringMatching(message)]);
  // The same of rows to evaluate on, and nothing twice of one file.
  expect(judge({ path: "./rows.jsonl", eval_path: `./${name}` }).found).toEqual([expect.stringMatching(message)]);
  expect(judge({ path: `./${name}`, eval_split: "test" }).found).toHaveLength(1);
});

test("a large file, a row that has no end and a bomb cost no more than a megabyte", () => {
  write("large.jsonl", row.repeat(200_000));
  write("endless.jsonl", `{"text": "${"a".repeat(3_000_000)}"}`);
  write("bomb.jsonl.gz", gzipSync(Buffer.alloc(200_000_000)));
  write("wide.csv", `${"a,".repeat(1_000_000)}b\n1\n`);
  for (const name of ["large.jsonl", "endless.jsonl", "bomb.jsonl.gz", "wide.csv"]) {
    const { found, bytes } = judge({ path: `./${name}` });
    expect([name, found.filter((each) => !each.includes("bomb"))]).toEqual([name, []]);
    expect(bytes).toBeLessThanOrEqual(2 ** 20);
  }
});

test("a pipe, a folder without data, a loop of links and a file that may not be read", () => {
  execFileSync("mkfifo", [at("pipe.jsonl")]);
  expect(said("./pipe.jsonl")).toEqual([expect.stringMatching(/^PLN2210 \S+ is neither a file nor a folder$/)]);
  expect(said("./bare")).toEqual([expect.stringMatching(/^PLN2210 \S+ holds no data files; known endings: /)]);
  mkdirSync(at("wiki-1.0"));
  mkdirSync(at("parts.jsonl"));
  expect([said("bare"), said("wiki-1.0")]).toEqual([[], []]);
  expect(said("parts.jsonl")).toEqual(said("./parts.jsonl"));
  expect(said("parts.jsonl")).toHaveLength(1);
  symlinkSync(at("loop"), at("loop"));
  expect(said("./loop")).toEqual([]);
  mkdirSync(at("round"));
  symlinkSync(at("round"), at("round/again"));
  expect(said("./round")).toEqual([]);
  write("secret.jsonl", "x");
  chmodSync(at("secret.jsonl"), 0);
  const host: Host = { ...nodeHost, readAt: () => ({ ok: false, why: "permission denied" }) };
  writeFileSync(at("plan.yaml"), JSON.stringify(plan({ data: { path: "./secret.jsonl" } })));
  const { value } = readPlan(nodeHost, at("plan.yaml"));
  expect(value && judgeData(host, value)).toEqual([]);
});

test("an option that the rows do not fit is blamed where it stands", () => {
  expect(said("./rows.jsonl", { sft: { completion_only_loss: true } })).toEqual([
    expect.stringMatching(
      /^PLN2212 completion_only_loss needs rows of prompt and completion; these have text, .* \(\S+rows.jsonl\)$/,
    ),
  ]);
});

test("messages need a chat template, where the tokenizer lies here", () => {
  write("talk.jsonl", '{"messages": [{"role": "user", "content": "hi"}]}\n');
  mkdirSync(at("with"));
  mkdirSync(at("without"));
  write("with/tokenizer_config.json", '{"chat_template": "x"}');
  write("without/tokenizer_config.json", "{}");
  const model = (tokenizer: string) => ({ model: { tokenizer } });
  expect(said("./talk.jsonl")).toEqual([]);
  expect(said("./talk.jsonl", model("./with"))).toEqual([]);
  expect(said("./talk.jsonl", model("./without"))).toEqual([
    expect.stringMatching(/^PLN2213 rows of messages need a chat template, and the tokenizer in \S+without has none$/),
  ]);
  expect(said("./talk.jsonl", { ...model("./without"), sft: { chat_template_path: "./t.jinja" } })).toEqual([]);
  write("without/tokenizer_config.json", '{"chat_template": null}');
  expect(said("./talk.jsonl", model("./without"))).toHaveLength(1);
  write("without/chat_template.jinja", "x");
  expect(said("./talk.jsonl", model("./without"))).toEqual([]);
  expect(said("./rows.jsonl", model("./without"))).toEqual([]);
});
