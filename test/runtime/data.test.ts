/** What rows may be: the bundle's judgement beside TRL's own trainer, which tries each of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../../scripts/root.ts";
import { sequenceTable } from "../../src/cli/data/table.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import type { Sequence } from "../../src/run/data.ts";
import { kindOf, mistakeOf } from "../../src/trainers/trl/data/kind.ts";
import { type Job, ownProgram, runJobs } from "../python/jobs.ts";
import { fine, refused, type Tree } from "./data-cases.ts";
import { runtime } from "./preflight.ts";

interface Judged {
  readonly kind: string | null;
  readonly error: string | null;
  readonly notes: readonly string[];
  readonly trl: string | null;
  readonly sequences: readonly (Sequence & { readonly loss: string })[];
}

const tokenizer = fileURLToPath(new URL("../fixtures/tokenizer", import.meta.url));
const page = `${root}docs/data.md`;
const examples = [
  ...readFileSync(page, "utf8").matchAll(/(?:```yaml\n([^`]*)```\n\n)?```json\n([^`]*)```\n\n```text\n([^`]*)```/g),
].map(([, options, rows = "", shown = ""]) => ({
  made: {
    rows: rows
      .trim()
      .split("\n")
      .map((row): Tree => JSON.parse(row)),
    ...(options === undefined ? {} : asWritten(parse(options))),
  },
  shown,
}));

/** What an example says of the trainer's options, and under which task. */
function asWritten({ sft, dpo }: { readonly sft?: Tree; readonly dpo?: Tree }) {
  return dpo === undefined ? { options: sft ?? {} } : { options: dpo, task: "dpo" as const };
}

let judged: Judged[];

beforeAll(() => {
  const cases = [
    ...fine.map((each) => each[3]),
    ...refused.map((each) => each[3]),
    ...examples.map(({ made }) => made),
  ];
  const job: Job = {
    program: ownProgram("data_kinds.py"),
    arguments: [runtime, tokenizer, JSON.stringify(cases)],
    world: 1,
    folder: root,
  };
  const [result] = runJobs([job]);
  expect(result?.status, result?.stderr.join("\n")).toEqual([0]);
  judged = JSON.parse(result?.stdout[0]?.trim().split("\n").at(-1) ?? "");
});

describe("rows that train", () => {
  test.each(fine.map(([what], index) => [what, index] as const))("%s", (_, index) => {
    const [, kind, loss] = fine[index] ?? [];
    expect(judged[index]).toMatchObject({ kind, error: null, trl: null });
    expect(judged[index]?.sequences[0]?.loss).toBe(loss);
  });

  test("and are perhaps not what is meant are told", () => {
    const notes = Object.fromEntries(fine.map(([what], index) => [what, judged[index]?.notes.length]));
    expect(
      Object.entries(notes)
        .filter(([, count]) => count !== 0)
        .map(([what]) => what),
    ).toEqual([
      "messages beside text",
      "a mask that nothing asks for",
      "roles that templates do not know",
      "an empty text",
      "the same answer twice",
      "a prompt that is in the answers too",
      "pairs without a common beginning",
    ]);
  });
});

test("planc check and the bundle refuse the same rows, and take the others for the same kind", () => {
  const all = [...fine, ...refused].map((each) => each[3]);
  for (const [index, { rows, options = {}, tokenizer: changes, ...rest }] of all.entries()) {
    if (changes !== undefined || "eos_token" in options) continue; // what the tokenizer has to do with
    const kwargs = options["dataset_kwargs"] as Tree | undefined;
    const asked = {
      preferences: rest.task === "dpo",
      text_field: String(options["dataset_text_field"] ?? "text"),
      completion_only: options["completion_only_loss"] === true,
      assistant_only: options["assistant_only_loss"] === true,
      is_prepared: kwargs?.["skip_prepare_dataset"] === true,
    };
    const kind = kindOf(rows[0] ?? {}, asked);
    const mistake =
      "what" in kind ? kind.what : rows.map((row) => mistakeOf(row, kind)).find((each) => each !== undefined);
    const found = judged[index];
    expect([rest, rows, mistake !== undefined]).toEqual([rest, rows, found?.error !== null]);
    if (!("what" in kind) && found?.kind) expect([rows, kind.name]).toEqual([rows, found.kind]);
  }
});

describe("rows that are refused", () => {
  test.each(refused.map(([what], index) => [what, index] as const))("%s", (_, index) => {
    const [, error, trl] = refused[index] ?? [];
    const found = judged[fine.length + index];
    expect(found?.error).toMatch(error as RegExp);
    expect(found?.trl === null ? "silent" : "stops").toBe(trl);
  });
});

test("the examples of docs/data.md are what TRL makes of them", () => {
  expect(examples.length).toBeGreaterThanOrEqual(10);
  const shown = examples.map(({ made }, index) => {
    const found = judged[fine.length + refused.length + index];
    expect([made.rows, found?.error, found?.trl]).toEqual([made.rows, null, null]);
    const perRow = "task" in made ? 2 : 1;
    const isPacked = "options" in made && made.options?.["packing"] === true;
    return (found?.sequences ?? [])
      .map((each, index) => sequenceTable({ ...each, row: isPacked ? null : Math.floor(index / perRow) }, plainLook))
      .join("\n");
  });
  if (process.env["PLANC_WRITE_DATA_PAGE"]) {
    let text = readFileSync(page, "utf8");
    let index = 0;
    text = text.replace(/```text\n[^`]*```/g, () => `\`\`\`text\n${shown[index++]}\`\`\``);
    writeFileSync(page, text);
  } else expect(examples.map((each) => each.shown)).toEqual(shown);
});
