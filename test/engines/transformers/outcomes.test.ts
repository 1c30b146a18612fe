import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { transformers } from "../../../src/engines/transformers/engine.ts";
import { stacks } from "../../../src/stacks.ts";
import type { Range } from "../../../src/text/location.ts";
import { checkTree } from "../../plans.ts";
import { type Case, expandSweeps, type Outcomes, planOf } from "./outcomes.ts";

/**
 * What the real stack did with some fifteen hundred plans (test/python/outcomes.py), against what planc says of them. It was
 * recorded with transformers 5.23.0; no row that was run again with 5.24.0 came to anything else.
 */
const outcomes: Outcomes = JSON.parse(readFileSync(new URL("../../fixtures/outcomes.json", import.meta.url), "utf8"));

/** Where planc is right to differ, and why. */
const differences: readonly (readonly [reason: string, applies: (row: Case) => boolean])[] = [
  ["planc writes the full path itself", ({ id }) => id.includes("/no-prefix")],
  ["a norm cut as an embedding happens to compute the same", ({ id }) => /norm=embedding_rowwise$/.test(id)],
  ["dividing the input of a norm happens to change nothing", ({ id }) => id.endsWith("=moe_identity_expert")],
  [
    "an unknown ep_implementation is refused, used or not",
    ({ id }) => /f2e1\/(deepep|deepgemm_megamoe|empty)$/.test(id),
  ],
  ["planc is an implementation that the bundle registers", ({ id }) => id.endsWith("/planc")],
  ["pipeline stages are refused until they train", ({ parallel }) => (parallel.pp_size ?? 1) > 1],
  ["a plan without sizes is not one without a mesh", ({ outcome }) => outcome === "not_distributed"],
  ["dense models are refused by name", ({ id }) => id.includes("/qwen3/")],
];

function errorsOf(row: Case, release: string) {
  const config = outcomes.models[row.model];
  const { diagnostics } = checkTree(planOf(row, release), config);
  return diagnostics.filter(({ severity }) => severity === "error");
}

const groups = Object.entries(expandSweeps(outcomes)).map(
  ([group, rows]) => [group, rows.filter((row) => !differences.some(([, applies]) => applies(row)))] as const,
);

const releases = transformers.releases.map(({ version }) => version);
const runs = releases.flatMap((release) => groups.map(([group, rows]) => [release, group, rows] as const));

describe.each(runs)("%s %s", (release, _, rows) => {
  it("has cases", () => expect(rows.length).toBeGreaterThan(0));

  it.each(rows)("$id: $outcome", (row) => {
    const errors = errorsOf(row, release);
    if (row.outcome === "ok") expect(errors.map(({ message }) => message)).toEqual([]);
    else expect(errors, row.message).not.toEqual([]);
  });
});

/** The written text that a diagnostic points at. */
function pointedAt(text: string, { start, end }: Range): string {
  const lines = text.split("\n");
  return start.line === end.line ? (lines[start.line] ?? "").slice(start.character, end.character) : "";
}

describe("a single rule that does not work", () => {
  const sweeps = groups.filter(([group]) => group.startsWith("style_")).flatMap(([, rows]) => rows);
  const refused = sweeps.filter(({ outcome }) => outcome !== "ok");

  it.each(refused)("$id: one message, at the rule", (row) => {
    const [rule] = Object.entries(row.parallel.ep_plan ?? {});
    const { diagnostics, sources } = checkTree(planOf(row, stacks.tested.transformers), outcomes.models[row.model]);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors).toHaveLength(1);
    const [error] = errors;
    const text = error === undefined ? "" : pointedAt(sources.get(error.location.file) ?? "", error.location.range);
    expect(rule?.map((part) => JSON.stringify(part))).toContain(text);
  });
});

describe("differences", () => {
  const all = Object.values(expandSweeps(outcomes)).flat();
  it.each(differences)("%s: still of use", (_, applies) => {
    expect(all.some(applies)).toBe(true);
  });
});
