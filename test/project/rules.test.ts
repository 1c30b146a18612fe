import { describe, expect, test } from "vitest";
import { catalogueText, rulesText } from "../../scripts/rules/lists.ts";
import { readRules } from "../../scripts/rules/read.ts";

const code = (name: string) => `export const ${name} = diagnostic("${name}", {\n});\n`;
const rule = (name: string, facts: string, after = "") =>
  `export const ${name}Rule: Rule<${facts}> = {\n  name: "${name}",\n${after}  *check() {},\n};\n`;
const file = (name: string) => `src/check/rules/${name}.ts`;
const read = (files: Readonly<Record<string, string>>) => readRules(new Map(Object.entries(files)));
const listed = (files: Readonly<Record<string, string>>) =>
  rulesText(read(files), "src/check/rules", "src/generated/rules/common.ts");

describe("the lists of rules", () => {
  test("are by stage and code, and a rule stands behind those that go first", () => {
    const text = listed({
      [file("late")]: code("PLN3001") + rule("late", "ModelFacts", '  after: ["first", "other"],\n'),
      [file("first")]: code("PLN3009") + rule("first", "ModelFacts"),
      [file("other")]: code("PLN3005") + rule("other", "BoundFacts"),
      [file("plan")]: code("PLN4001") + rule("plan", "PlanFacts"),
      [file("helper")]: "export const help = 1;\n",
      "src/engines/x/rules/far.ts": code("PLN3002") + rule("far", "MeshFacts"),
    });
    expect(text).toContain('import { lateRule } from "../../check/rules/late.ts";');
    expect(text).toContain(
      "  plan: [planRule],\n  config: [],\n  model: [otherRule, firstRule, lateRule],\n  mesh: [],",
    );
    expect(text).not.toContain("far");
  });

  test.each([
    [
      "a circle",
      {
        [file("a")]: rule("a", "PlanFacts", '  after: ["b"],\n'),
        [file("b")]: rule("b", "PlanFacts", '  after: ["a"],\n'),
      },
      "no order of a, b",
    ],
    ["a rule that there is not", { [file("a")]: rule("a", "PlanFacts", '  after: ["gone"],\n') }, "no order of a"],
  ])("%s has no order", (_, files, message) => {
    expect(() => listed(files)).toThrow(message);
  });

  test.each([
    ["another name", { [file("a")]: rule("b", "PlanFacts") }, "src/check/rules/a.ts: the rule is called b"],
    ["two rules", { [file("a")]: rule("a", "PlanFacts") + rule("a", "PlanFacts") }, "one file, one rule"],
    [
      "a rule that is written another way",
      { [file("a")]: 'export const a: Rule<PlanFacts> = { name: "a", *check() {} };\n' },
      "src/check/rules/a.ts: a rule begins",
    ],
    ["unknown facts", { [file("a")]: rule("a", "OtherFacts") }, "no stage has OtherFacts"],
    [
      "a code twice",
      { [file("a")]: code("PLN3001"), [file("b")]: code("PLN3001") },
      "PLN3001 is defined in src/check/rules/a.ts too",
    ],
    [
      "a code under another name",
      { [file("a")]: 'export const PLN3001 = diagnostic("PLN3002", {' },
      "PLN3001 defines PLN3002",
    ],
  ])("a file with %s is refused", (_, files, message) => {
    expect(() => read(files)).toThrow(message);
  });
});

test("the catalogue has every code with its page, ascending", () => {
  const text = catalogueText(
    read({ [file("b")]: code("PLN3002") + code("PLN3001"), "src/diagnostics/catalogue/a.ts": code("PLN1001") }),
    "src/generated/catalogue.ts",
  );
  expect(text).toContain('import { PLN3001, PLN3002, pages as pages0 } from "../check/rules/b.ts";');
  expect([...text.matchAll(/^ {2}\["(PLN\d+)"/gm)].map(([, each]) => each)).toEqual(["PLN1001", "PLN3001", "PLN3002"]);
  expect(text).toContain('["PLN1001", { code: "PLN1001", reporter: PLN1001, ...pages1["PLN1001"] }],');
});
