import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignment, entry } from "../../src/text/python.ts";
import { draws } from "../sample.ts";
import { literal } from "../text/values.ts";
import { bundleOf, hostilePlan } from "./hostile-plans.ts";
import { formatted, lint } from "./ruff.ts";

const runtime = new URL("../../templates/planc_runtime/", import.meta.url);

describe("what planc writes passes a formatter and a linter", () => {
  test.each(readdirSync(runtime, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py")))(
    "planc_runtime/%s",
    (name) => {
      const source = readFileSync(new URL(name, runtime), "utf8");
      expect(lint(source)).toEqual([]);
      expect(formatted(source)).toBe(source);
    },
  );

  test.each([
    ["as it is", {}],
    ["without experts apart", { parallelism: { ep_size: 1, fsdp_size: 8 } }],
    [
      "over several axes",
      {
        parallelism: { ep_size: 4, fsdp_size: 4, dp_replicate_size: 2 },
        cluster: { gpu: { name: "large", memory_gb: 192 } },
      },
    ],
    ["with a conversion", { conversion: { to: "gate_up" } }],
    ["in bfloat16", { precision: { parameters: "bfloat16", compute: "bfloat16", reduce: "bfloat16" } }],
  ])("the programs of a plan %s", async (_, changes) => {
    const bundle = await bundleOf(changes);
    for (const [path, source] of bundle) {
      if (!path.endsWith(".py")) continue;
      expect([path, ...lint(source)]).toEqual([path]);
      expect(formatted(source)).toBe(source);
      expect([path, /[^ -~\n]/.exec(source)]).toEqual([path, null]);
    }
  });

  test("the programs of any plan", async () => {
    await fc.assert(
      fc.asyncProperty(hostilePlan, async (changes) => {
        const bundle = await bundleOf(changes);
        for (const path of ["train.py", "forward.py"]) {
          const source = bundle.get(path) ?? "";
          expect(lint(source).filter((line) => !/RUF001/.test(line))).toEqual([]);
          // Where a formatter breaks a line depends on the width that it gives to every character.
          if (/^[ -~\n]*$/.test(source)) expect(formatted(source)).toBe(source);
        }
      }),
      draws(30, 150),
    );
  });
});

const long = fc.nat(130).map((count) => "x".repeat(count));
const ascii = fc.oneof(long, fc.string({ unit: "grapheme-ascii", maxLength: 30 }));
const value = fc.letrec<{ value: never }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    ascii,
    literal.filter((any) => /^[ -~]*$/.test(JSON.stringify(any))),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(ascii, tie("value"), { maxKeys: 3 }),
  ) as fc.Arbitrary<never>,
})).value;

test("assignments and entries are laid out as the formatter does, however long", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ascii, value), { maxLength: 3 }), value, (entries, assigned) => {
      const items = entries.map(([key, item]) => `${entry(key, item)}\n`);
      const source = `${assignment("DATA_SPLIT", assigned)}\nOPTIONS = {\n${items.join("")}    "last": 1,\n}\n`;
      expect(formatted(source)).toBe(source);
    }),
    draws(300, 1500),
  );
});
