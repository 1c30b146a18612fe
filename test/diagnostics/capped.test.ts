/** A plan of thousands of mistakes: what is told of them, and that telling it takes no more than reading them. */
import { describe, expect, test } from "vitest";
import { capped, cappedByCode, mostOfAKind } from "../../src/diagnostics/capped.ts";
import { PLN1020 } from "../../src/diagnostics/catalogue/language.ts";
import { PLN1004 } from "../../src/diagnostics/catalogue/source.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { pretty } from "../../src/diagnostics/formats/pretty.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { manyMistakes } from "../many.ts";
import { config } from "../plans.ts";

const modelConfig = JSON.stringify(config("Qwen3-30B-A3B"));

function check(text: string) {
  return checkPlan(memoryHost({ "plan.yaml": text, "config.json": modelConfig }), "plan.yaml");
}

function mistake(line: number, code: "PLN1020" | "PLN1004" = "PLN1020"): Diagnostic {
  const at = { line, character: 0 };
  const location = { file: "plan.yaml", range: { start: at, end: at } };
  return code === "PLN1020"
    ? PLN1020(location, { key: `k${line}`, where: "the plan" })
    : PLN1004(location, { key: `k${line}` });
}

describe("mistakes of one kind", () => {
  test.each([0, 1, mostOfAKind, mostOfAKind + 1])("%i are all told", (count) => {
    const told = capped(
      Array.from({ length: count }, (_, line) => line),
      mistake,
    );
    expect(told).toEqual(Array.from({ length: count }, (_, line) => mistake(line)));
  });

  test("more are counted where they begin, and not explained", () => {
    const lines = Array.from({ length: 5000 }, (_, line) => line);
    const explained: number[] = [];
    const told = capped(lines, (line) => {
      explained.push(line);
      return mistake(line);
    });
    expect(explained).toEqual(lines.slice(0, mostOfAKind + 1));
    expect(told.slice(0, -1)).toEqual(lines.slice(0, mostOfAKind).map((line) => mistake(line)));
    expect(told.at(-1)).toEqual({
      code: "PLN1020",
      severity: "error",
      message: "and 4,980 more like it",
      location: mistake(mostOfAKind).location,
      related: [],
      fixes: [],
    });
  });

  test("are those of one code, in their order", () => {
    const all = Array.from({ length: 100 }, (_, line) => mistake(line, line % 4 === 0 ? "PLN1004" : "PLN1020"));
    const told = cappedByCode(all);
    expect(told.filter(({ code }) => code === "PLN1004").at(-1)?.message).toBe("and 5 more like it");
    expect(told.filter(({ code }) => code === "PLN1020").at(-1)?.message).toBe("and 55 more like it");
    expect(told.map(({ location }) => location.range.start.line)).toEqual(
      told.map(({ location }) => location.range.start.line).sort((a, b) => a - b),
    );
  });
});

/** Codes → how many messages of each a plan gets; errors and warnings alone. */
function counts(diagnostics: readonly Diagnostic[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { code, severity } of diagnostics) if (severity !== "info") found[code] = (found[code] ?? 0) + 1;
  return found;
}

const most = mostOfAKind + 1;
const expected: Readonly<Record<keyof typeof manyMistakes, Record<string, number>>> = {
  "unknown keys": { PLN1020: most },
  "unknown keys of a section": { PLN1020: most },
  "unknown options": { PLN4020: most },
  "options that are nearly one": { PLN4020: most },
  "keys of an option": { PLN4020: most },
  variables: {},
  "values of variables": { PLN1022: most },
  "characters that nothing can hold": { PLN1025: most },
  "expert rules": { PLN3021: most },
  styles: { PLN3021: most, PLN3020: most },
  documents: { PLN1003: 1 },
  anchors: { PLN1020: most },
  aliases: { PLN1003: 1 },
  "merges of mappings": {},
  "mappings that merge the one before": { PLN1003: 1 },
  "merges of a large mapping": { PLN1003: 1 },
  "keys written twice": { PLN1004: most },
  "keys on one line": { PLN1020: most, PLN1021: 1 },
};

describe("twenty thousand", () => {
  test.each(Object.keys(manyMistakes) as (keyof typeof manyMistakes)[])("%s", (name) => {
    const { diagnostics, sources } = check(manyMistakes[name](20_000));
    expect(counts(diagnostics)).toEqual(expected[name]);
    expect(pretty({ diagnostics, sources }, plainLook).length).toBeLessThan(40_000);
  });
});

test("each mapping has its own count", () => {
  const keys = (indent: string) => Array.from({ length: 30 }, (_, i) => `${indent}key_${i}: 1\n`).join("");
  const { diagnostics } = check(`${keys("")}model:\n${keys("  ")}data:\n  pth: x\n`);
  const unknown = diagnostics.filter(({ code }) => code === "PLN1020");
  expect(unknown).toHaveLength(2 * most + 1);
  expect(unknown.filter(({ message }) => message === "and 10 more like it")).toHaveLength(2);
  expect(unknown.at(-1)?.message).toContain("pth");
});
