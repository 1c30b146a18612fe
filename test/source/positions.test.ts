import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { Path } from "../../src/source/path.ts";
import { readSource } from "../../src/source/read.ts";
import type { Source } from "../../src/source/source.ts";
import { memoryHost } from "../host.ts";
import { covered, marked } from "../markers.ts";
import { draws } from "../sample.ts";

function source(text: string, kind: "yaml" | "json" = "yaml"): Source {
  const { value, diagnostics } = readSource(memoryHost({ file: text }), "file", kind);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value;
}

function expectAt(text: string, path: Path, part: "key" | "value" = "value"): void {
  const { text: plain, ranges } = marked(text);
  expect(source(plain).at(path, part).range).toEqual(ranges[0]);
}

describe("positions", () => {
  it("finds values and keys", () => {
    expectAt("a:\n  b: «12» # twelve\n", ["a", "b"]);
    expectAt("a:\n  «b»: 12\n", ["a", "b"], "key");
    expectAt('a: «"quoted text"»\n', ["a"]);
    expectAt("list: [1, «two», 3]\n", ["list", 1]);
    expectAt("list:\n  - 1\n  - «two»\n", ["list", 1]);
  });

  it("shows a block by its key and a flow collection whole", () => {
    expectAt("«a»:\n  b: 1\n  c: 2\n\n\n", ["a"]);
    expectAt("a: «{ b: 1, c: 2 }»\n", ["a"]);
  });

  it("shows a list's item that is a block, or empty, by its dash", () => {
    expectAt("a:\n  «-» b: 1\n    c: 2\n  - d: 3\n", ["a", 0]);
    expectAt("a:\n  - b: 1\n    c: [2]\n\n  # a - b\n  «-» d: 3\n", ["a", 1]);
    expectAt("a:\n- - 1\n  - 2\n«-» - 3\n", ["a", 1]);
    expectAt("a:\n- - 1\n  «-» - 2\n", ["a", 0, 1]);
    expectAt("«-» b: 1\n- 2\n", [0, "missing"]);
    expectAt("a:\r\n-\r\n«-»\r\n", ["a", 1]);
    expectAt("a:\n- «{ b: 1 }»\n", ["a", 0], "key");
    expectAt("a:\n- 1\n- «two»\n", ["a", 1], "key");
  });

  it("shows the nearest ancestor of what is not written", () => {
    expectAt("x: 1\n«a»:\n  b: 1\n", ["a", "missing"]);
    expectAt("# comment\n\n«x: 1»\ny: 2\n", ["missing"]);
    expectAt("«a»:\nb: 1\n", ["a"]);
  });

  it("keys may hold dots, stars and quotes", () => {
    expectAt("rules:\n  layers.*.mlp: «x»\n", ["rules", "layers.*.mlp"]);
    expectAt('rules:\n  "a: b": «x»\n', ["rules", "a: b"]);
  });

  it("follows aliases and says through which", () => {
    const { text, ranges } = marked("base: &b { size: «8» }\nuse: «*b»\n");
    const read = source(text);
    expect(read.at(["use", "size"]).range).toEqual(ranges[0]);
    expect(read.via(["use", "size"]).map(({ location }) => location.range)).toEqual([ranges[1]]);
  });

  it("follows merge keys, own keys first", () => {
    expectAt("base: &b\n  size: «8»\n  other: 1\nuse:\n  <<: *b\n  other: 2\n", ["use", "size"]);
    expectAt("base: &b\n  other: 1\nuse:\n  <<: *b\n  other: «2»\n", ["use", "other"]);
    expectAt("a: &a { x: 1 }\nb: &b { y: «2» }\nuse:\n  <<: [*a, *b]\n", ["use", "y"]);
    expect(source("a: &a { x: 1 }\nuse:\n  <<: *a\n").value).toEqual({ a: { x: 1 }, use: { x: 1 } });
  });

  it("counts lines and UTF-16 characters as editors do", () => {
    expectAt("a: 1\r\nb: «2»\r\n", ["b"]);
    expectAt('"😀漢": «2»\n', ["😀漢"]);
    expectAt('{ "😀": 1, "e\u0301": «2» }\n', ["e\u0301"]);
    expect(source("\ufeffa: 1\n").at(["a"], "key").range.start).toEqual({ line: 0, character: 0 });
  });

  it("finds places in JSON", () => {
    const { text, ranges } = marked('{\n  "a": [1, «2»],\n\t"b": Infinity,\n  "c": -NaN1\n}'.replace("-NaN1", "NaN"));
    const read = source(text, "json");
    expect(read.at(["a", 1]).range).toEqual(ranges[0]);
    expect(read.value).toEqual({ a: [1, 2], b: null, c: null });
  });

  it("covers exactly the text of every value of any document", () => {
    const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.string({ unit: "grapheme", maxLength: 12 }));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie("node"), { maxLength: 4 }), tie("map")),
      map: fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), tie("node"), { maxKeys: 4, noNullPrototype: true }),
    })).map;
    const leaves = (value: unknown, path: Path = []): [Path, unknown][] => {
      if (typeof value !== "object" || value === null) return [[path, value]];
      const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
      return entries.flatMap(([step, child]) => leaves(child, [...path, step]));
    };
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(Object.keys(value as object).length > 0 && !JSON.stringify(value).includes('"<<"'));
        const text = stringify(value, { lineWidth: 0 });
        const read = source(text);
        expect(read.value).toEqual(value);
        for (const [path, leaf] of leaves(value)) {
          const shown = covered(text, read.at(path));
          if (typeof leaf !== "string" || !leaf.includes("\n")) expect(parse(`- ${shown}`)).toEqual([leaf]);
        }
      }),
      draws(100, 1000),
    );
  });
});
