import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Path } from "../../src/source/path.ts";
import { readSource } from "../../src/source/read.ts";
import type { Part, Source } from "../../src/source/source.ts";
import type { Range } from "../../src/text/location.ts";
import { memoryHost } from "../host.ts";
import { published, publishedText } from "../published.ts";
import { documents } from "./documents.ts";

const repository = new URL("../../", import.meta.url);
const plans = readdirSync(new URL("plans/", repository))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(new URL(`plans/${name}`, repository), "utf8"));
const configs = published.map(publishedText);

function parsed(text: string, kind: "yaml" | "json" = "yaml"): Source | undefined {
  return readSource(memoryHost({ file: text }), "file", kind).value;
}

function source(text: string, kind: "yaml" | "json" = "yaml"): Source {
  const value = parsed(text, kind);
  if (value === undefined) throw new Error(`no ${kind}: ${text}`);
  return value;
}

type Span = readonly [start: number, end: number];

function spans(text: string): (range: Range) => Span {
  const lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offset = ({ line, character }: Range["start"]) => (lines[line] ?? 0) + character;
  return ({ start, end }) => [offset(start), offset(end)];
}

const parts: readonly Part[] = ["key", "value"];

/** Every path leads to places, and every offset of a place, where nothing smaller stands, back to the path. */
function expectInverse(read: Source): number {
  const spanOf = spans(read.text);
  const at = (path: Path, part: Part) => spanOf(read.at(path, part).range);
  const first = String(at([], "value"));
  let compared = 0;
  const visit = (path: Path, value: unknown): void => {
    if (read.via(path).length > 0) return;
    const isTree = typeof value === "object" && value !== null;
    const steps: (string | number)[] = !isTree ? [] : Array.isArray(value) ? [...value.keys()] : Object.keys(value);
    const children = steps.map((step): Span => {
      const [start, end] = at([...path, step], "key");
      const [, last] = at([...path, step], "value");
      // Of a value that is not written all that is behind its key.
      return [start, last > end ? last : end + read.text.slice(end).search(/[,}]|$/)];
    });
    const key = path.length > 0 && typeof path.at(-1) === "string" ? String(at(path, "key")) : undefined;
    for (const part of parts) {
      const span = at(path, part);
      // What has no place of its own is shown at the document's first line.
      if (String(span) === first && path.length !== 1) continue;
      const expected = { path, part: String(span) === key ? "key" : "value" };
      for (let offset = span[0]; offset < span[1]; offset++) {
        if (expected.part === "value" && children.some(([start, end]) => start <= offset && offset <= end)) continue;
        const found = read.pathAt(offset);
        // Comparing here first is what makes it quick.
        if (JSON.stringify(found) !== JSON.stringify(expected)) expect({ offset, found }).toEqual({ offset, expected });
        compared++;
      }
    }
    for (const step of steps) visit([...path, step], (value as Record<string | number, unknown>)[step]);
  };
  visit([], read.value);
  return compared;
}

/** On every free line, at every column: where a key that is written there is found by the parser. */
function expectInsertions(read: Source): number {
  let compared = 0;
  for (const { 0: line, index } of read.text.matchAll(/^[^\r\n]*/gm)) {
    if (!/^ *$/.test(line)) continue;
    for (let column = 0; column < 9; column++) {
      const spaces = " ".repeat(column);
      const text = read.text.slice(0, index) + spaces + read.text.slice(index + line.length);
      const written = parsed(`${text.slice(0, index + column)}zzz: 1${text.slice(index + column)}`);
      const before = parsed(text);
      if (written === undefined || before === undefined) continue;
      const path = pathOfKey(written.value);
      if (path === undefined || JSON.stringify(without(written.value)) !== JSON.stringify(without(before.value)))
        continue;
      expect({ text, column, ...before.pathAt(index + column) }).toEqual({ text, column, path, part: "value" });
      compared++;
    }
  }
  return compared;
}

function pathOfKey(value: unknown, path: Path = []): Path | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("zzz" in value) return path;
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.reduce<Path | undefined>(
    (found, [step, child]) => found ?? pathOfKey(child, [...path, step]),
    undefined,
  );
}

/** Without the key; a mapping that holds nothing else was nothing before. */
function without(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(without);
  const rest = Object.entries(value).filter(([key]) => key !== "zzz");
  return rest.length === 0 ? null : Object.fromEntries(rest.map(([key, child]) => [key, without(child)]));
}

describe("what stands at an offset", () => {
  it("is the inverse of where a path stands, in the plans and in published configs", () => {
    for (const text of plans) expect(expectInverse(source(text))).toBeGreaterThan(100);
    for (const text of configs) expect(expectInverse(source(text, "json"))).toBeGreaterThan(100);
  });

  it("is so in random YAML and JSON", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const read = source(text);
        expectInverse(read);
        expectInverse(source(JSON.stringify(read.value, null, 1), "json"));
        const offsets = Array.from({ length: text.length + 2 }, (_, offset) => offset);
        expect(offsets.filter((offset) => !read.has(read.pathAt(offset).path))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("is on a free line the mapping that the parser would put a new key into", () => {
    const spaced = plans.map((text) => text.replaceAll("\n", "\n\n"));
    for (const text of spaced) expect(expectInsertions(source(text))).toBeGreaterThan(40);
    let compared = 0;
    fc.assert(
      fc.property(documents, (text) => {
        compared += expectInsertions(source(`${text.replaceAll("\n", "\n\n")}\n`));
      }),
      { numRuns: 25 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it.each([
    ["a|: \nb: 1\n", ["a"], "key"],
    ["a:| \nb: 1\n", ["a"], "value"],
    ["a: |\nb: 1\n", ["a"], "value"],
    ["a: # no|te\n  b: 1\n", ["a"], "value"],
    ["a:\n  # no|te\n  b: 1\n", ["a"], "value"],
    ["a:  | 1\n", ["a"], "value"],
    ["a: 1|\n", ["a"], "value"],
    ["a: 1 |\n", [], "value"],
    ["a:\n  b: 1 # no|te\n", ["a"], "value"],
    ["a:\n  b: 1 | \n", ["a"], "value"],
    ["a:\n  b: 1\n# no|te\n", [], "value"],
    ["a: { b: 1,| }\n", ["a"], "value"],
    ["a: { b: | }\n", ["a", "b"], "value"],
    ["a: { b: 1, c| }\n", ["a", "c"], "key"],
    ["a:\n-| b: 1\n- c: 2\n", ["a", 0], "value"],
    ["a:\n- b: 1\n-| c: 2\n", ["a", 1], "value"],
    ["a: &x { b: 1 }\nc: *|x\n", ["c"], "value"],
    ["a: &x { b: 1 }\nc:\n  <|<: *x\n  d: 1\n", ["c"], "value"],
    ["c:\n  <<: { b|: 1 }\n", ["c", "b"], "key"],
  ])("%j", (marked, path, part) => {
    const offset = marked.indexOf("|");
    expect(source(marked.replace("|", "")).pathAt(offset)).toEqual({ path, part });
  });
});
