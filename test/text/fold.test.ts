import fc from "fast-check";
import { expect, test } from "vitest";
import { table } from "../../src/cli/explain/table.ts";
import { columnsOf, fold } from "../../src/text/fold.ts";
import { draws } from "../sample.ts";

const words = fc.array(
  fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("日本語", "e\u0301", "👩‍🔬", "parallelism.tp_size", "x".repeat(90)),
  ),
  { maxLength: 20 },
);

test("no line is wider than asked, and no word is lost", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 60 }), (parts, width) => {
      const text = parts.join(" ").replace(/[\t\n\r]/g, " ");
      const lines = fold(text, width);
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      // A word that was broken stands in pieces, so only what is between spaces is compared.
      expect(lines.join("").replace(/\s+/g, "")).toBe(fold(text, 1e6).join("").replace(/\s+/g, ""));
    }),
    draws(100, 1000),
  );
});

test("a table is no wider than asked", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(...[words, words, words].map((each) => each.map((parts) => parts.join(" ").slice(0, 200)))), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.integer({ min: 20, max: 120 }),
      (rows, width) => {
        for (const line of table(rows as string[][], [0], width)) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      },
    ),
    draws(100, 1000),
  );
});

test("breaks at spaces, and puts what follows below", () => {
  expect(fold("one two three", 7)).toEqual(["one two", "three"]);
  expect(fold("", 7)).toEqual([""]);
  expect(fold("日本 語", 4)).toEqual(["日本", "語"]);
  expect(
    table(
      [
        ["a", "one two three four five six seven"],
        ["bb", "x"],
      ],
      [],
      30,
    ),
  ).toEqual(["a   one two three four five", "    six seven", "bb  x"]);
});
