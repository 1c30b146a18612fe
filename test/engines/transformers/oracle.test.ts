import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythons } from "../../python.ts";
import { type Case, expandSweeps, type Outcomes } from "./outcomes.ts";

/** Runs a few of the recorded plans on the installed stack again: the fixture must still be true. */
const again = [
  "families/qwen3_moe/f2e2/plain",
  "families/qwen3_moe/t2e2/plain",
  "families/gpt_oss/f2e2/plain",
  "rules/qwen3_moe/f2e2/both-replicate",
  "rules/qwen3_moe/f2e2/attention",
  "rules/qwen3_moe/t2e2/attention",
  "rules/qwen3_moe/f2e2/module-gemm",
  "rules/qwen3_moe/f2e2/numbered",
  "families_more/glm4_moe/t2/qk-norm",
  "heads/qwen3_moe/t2/h4kv1-default",
];

const outcomes: Outcomes = JSON.parse(readFileSync(new URL("../../fixtures/outcomes.json", import.meta.url), "utf8"));
const recorded = new Map(
  Object.values(expandSweeps(outcomes))
    .flat()
    .map((row) => [row.id, row.outcome]),
);

describe.each(pythons)("the recorded outcomes, on transformers %s", (_, python) => {
  const folder = mkdtempSync(join(tmpdir(), "planc-oracle-"));
  const cases = join(folder, "cases.json");
  const results = join(folder, "results.json");
  let found: Readonly<Record<string, { readonly outcome: string }>> = {};

  beforeAll(() => {
    run("outcome_cases.py", cases);
    const all: readonly Case[] = JSON.parse(readFileSync(cases, "utf8"));
    writeFileSync(cases, JSON.stringify(all.filter(({ id }) => again.includes(id))));
    run("outcomes.py", cases, results);
    found = JSON.parse(readFileSync(results, "utf8"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(script: string, ...args: readonly string[]): void {
    const env = { ...process.env, OUTCOMES_FOLDER: folder };
    const { status, stderr } = spawnSync(python, [`test/python/${script}`, ...args], { encoding: "utf8", env });
    if (status !== 0) throw new Error(stderr);
  }

  it.each(again)("%s", (id) => {
    expect(recorded.get(id)).toBeDefined();
    expect(found[id]?.outcome).toBe(recorded.get(id));
  });
});
