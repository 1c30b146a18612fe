import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Block, type Mapping, noted, yamlDocuments } from "../../src/text/yaml-block.ts";
import { draws } from "../sample.ts";
import { awkwardText } from "./values.ts";

const scalar = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), awkwardText);
type Tree = { readonly plain: unknown; readonly block: Block };

/** A tree, and the same with comments and gaps. */
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => {
  const inner = fc.oneof(
    { maxDepth: 4 },
    scalar.map((value) => ({ plain: value, block: value })),
    fc.array(tie("tree"), { maxLength: 3 }).map((items) => ({
      plain: items.map(({ plain }) => plain),
      block: items.map(({ block }) => block),
    })),
    mapping(tie("tree")),
  );
  const said = fc.constantFrom("why", "two\nlines", `long ${"words ".repeat(40)}`, "x".repeat(200));
  return {
    tree: fc.tuple(inner, fc.option(said)).map(([{ plain, block }, text]) => ({
      plain,
      block: text === null ? block : noted(text, block as Mapping),
    })),
  };
}).tree;

function mapping(value: fc.Arbitrary<Tree>) {
  const key = awkwardText.filter((text) => text !== "__proto__");
  const pairs = fc.uniqueArray(fc.tuple(key, fc.option(value)), { maxLength: 4, selector: ([own]) => own });
  return pairs.map((all) => ({
    plain: Object.fromEntries(all.flatMap(([own, item]) => (item === null ? [] : [[own, item.plain]]))),
    block: Object.fromEntries(all.map(([own, item]) => [own, item?.block])),
  }));
}

test("documents are read as they were made, whatever is said between their lines", () => {
  fc.assert(
    fc.property(fc.array(mapping(tree), { minLength: 1, maxLength: 3 }), (documents) => {
      const content = yamlDocuments(
        "head",
        documents.map(({ block }) => block),
      );
      for (const version of ["1.1", "1.2"] as const) {
        const read = parseAllDocuments(content, { version, uniqueKeys: false });
        expect(read.map((document) => document.errors)).toEqual(documents.map(() => []));
        expect(read.map((document) => document.toJS())).toEqual(documents.map(({ plain }) => plain));
      }
    }),
    draws(300, 5000),
  );
});

test("what is short stays on a line, and a comment stands above what it is about", () => {
  const document = {
    kind: "Job",
    spec: {
      none: undefined,
      rules: [{ action: noted("why it is ignored", "Ignore"), values: [75, 143] }, noted("and this", { name: "x" })],
      empty: {},
    },
  };
  expect(yamlDocuments("What it is.\n  with a command", [document])).toBe(`# What it is.
#   with a command
kind: Job
spec:
  rules:
    # why it is ignored
    - action: Ignore
      values: [75, 143]
    # and this
    - name: x
  empty: {}
`);
});
