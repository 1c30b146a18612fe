/** `planc data`: the tables, and the command itself with the real stack. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { partTable, sequenceTable } from "../../src/cli/data/table.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import type { Becoming, Part, Token } from "../../src/run/data.ts";
import { cells, widthOf } from "../../src/text/columns.ts";
import { plancOn } from "../cli/io.ts";
import { config, plan } from "../plans.ts";
import { python } from "../python.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-data-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const hostile = [
  "\x1b[31m",
  "\u202e",
  "\n",
  "\t",
  " ",
  "a|b",
  "天空天空",
  "x".repeat(200),
  "\u200b",
  "👩‍👩‍👧",
  "\ud800",
];

describe("the tables", () => {
  const tokens = [...hostile, ...hostile].map((text, index): Token => [index, text, index % 3 > 0, false]);

  test("show hostile tokens and names, and fit 80 columns", () => {
    const part: Part = {
      name: "train",
      path: `rows\x1b[2J${"/long".repeat(30)}.jsonl`,
      split: "train",
      kind: "text",
      columns: ["te\u202ext"],
      notes: ["a note \x07"],
      error: "wrong \x1b[0m",
      sequences: [{ row: 0, documents: [tokens.length], tokens }],
    };
    const shown = partTable(part, { ...plainLook, width: 200 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\x00-\x1f\u202e\u200b\ud800]/u);
    const runs = shown.split("\n").filter((line) => /^ {2}[-+] /.test(line));
    expect(Math.max(...runs.map((line) => widthOf(cells(line))))).toBeLessThanOrEqual(80);
    for (const mark of ["\\x1b[31m", "\\u202e", "\\n", "天空"]) expect(shown).toContain(mark);
  });

  test("keep every token, in order, and documents apart", () => {
    const words: Token[] = ["one", "two", "three", "four"].map((text, index) => [index, text, index % 2 > 0, false]);
    expect(sequenceTable({ row: null, documents: [2, 2], tokens: words }, { ...plainLook, unicode: false })).toBe(
      [
        "sequence: 4 tokens, 2 in the loss, 2 documents",
        "  document 1: 2 tokens",
        "  - one",
        "  + two",
        "  document 2: 2 tokens",
        "  - three",
        "  + four",
        "",
      ].join("\n"),
    );
  });
});

/** Runs the command over a plan in the folder. */
async function planc(changes: object, ...args: string[]) {
  const file = at("plan.yaml");
  writeFileSync(file, JSON.stringify(plan({ model: { tokenizer: at("tokenizer") }, ...changes })));
  return plancOn(nodeHost, ["data", file, ...args], { env: { PYTHON: python } });
}

writeFileSync(at("config.json"), JSON.stringify(config("Qwen3-30B-A3B")));
cpSync(fileURLToPath(new URL("../fixtures/tokenizer", import.meta.url)), at("tokenizer"), { recursive: true });
const rows = at("rows.jsonl");
writeFileSync(rows, ["the sky", "is blue", "a".repeat(40)].map((text) => `${JSON.stringify({ text })}\n`).join(""));
const sft = { max_length: 16, packing: true, packing_strategy: "bfd", eval_strategy: "epoch", eval_packing: false };

describe("the command", () => {
  test("says what rows become by TRL, packed and for evaluations, and what of them is cut", async () => {
    const { code, stdout } = await planc(
      { data: { path: rows, eval_path: rows, eval_split: "train[:1]" }, sft },
      "--format",
      "json",
    );
    expect(code).toBe(0);
    const { parts = [] }: Becoming = JSON.parse(stdout);
    expect(parts.map(({ name, kind }) => [name, kind])).toEqual([
      ["train", "text"],
      ["evaluation", "text"],
    ]);
    expect(parts[0]?.summary).toMatchObject({ rows: 3, longest: 41, truncated: 1, sequences: 2, max_length: 16 });
    const packed = parts[0]?.sequences?.find(({ documents }) => documents.length > 1);
    expect(packed?.row).toBeNull();
    expect(packed?.tokens.map(([, text]) => text).join("")).toBe("the sky<|im_end|>is blue<|im_end|>");
    // Of each document the first token is read and not predicted.
    const first = packed?.documents[0] ?? 0;
    expect(packed?.tokens.flatMap(([, , isIn], index) => (isIn ? [] : [index]))).toEqual([0, first]);
    expect(parts[1]?.sequences?.map(({ row, documents }) => [row, documents])).toEqual([[0, [6]]]);
  });

  test("without a Python that has the stack, or without the tokenizer, says what to do", async () => {
    const bare = at("bare-python");
    execFileSync(python, ["-m", "venv", "--without-pip", bare]);
    const without = await planc({ data: { path: rows } }, "--python", join(bare, "bin/python"));
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringMatching(/error: \S+ has no transformers; the plan pins 5\.24\.0\nhelp: /),
    ]);
    const nowhere = await planc({ data: { path: rows } }, "--tokenizer", "./nowhere");
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/error: the tokenizer folder .\/nowhere does not exist.*\nhelp: .*--tokenizer FOLDER/),
    ]);
  });
});
