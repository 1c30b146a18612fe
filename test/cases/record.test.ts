import { expect, test } from "vitest";
import type { Case } from "../../src/diagnostics/case.ts";
import { run, withoutAnnotations } from "./annotate.ts";
import { recorded } from "./record.ts";

const file = "src/rule.ts";
const head = 'import type { Case } from "./case.ts";\n\nconst plan = `\n#@ no case\n`;\n\n';
const source = (plans: readonly string[]) =>
  `${head}export const cases: readonly Case[] = [\n${plans.map((plan) => `  { name: "x", plan: \`${plan}\` },\n`).join("")}];\n`;

test("annotations are replaced, and nothing else", () => {
  const before = source(["\na: 1\n#@ old\nb: \\0\\\\ \\`\n", "\nc: 2"]);
  const after = recorded(file, before, ["\na: 1\nb: \0\\ `\n#@ `new` ${x} \\n\n", "\nc: 2\n#@ more"]);
  expect(after).toBe(source(["\na: 1\nb: \\0\\\\ \\`\n#@ \\`new\\` \\${x} \\\\n\n", "\nc: 2\n#@ more"]));
  expect(recorded(file, after, ["\na: 1\nb: \0\\ `\n#@ `new` ${x} \\n\n", "\nc: 2\n#@ more"])).toBe(after);
});

test.each([
  ["a number of cases that is not the number of plans", source(["\n"]), ["\n", "\n"], /2 cases, but 1 plans/],
  [
    "a plan that is put together",
    `${head}export const cases = [{ plan: "a" }];`,
    ["a"],
    /rule\.ts:7: .* template literal/,
  ],
  ["a line end that is spelt", source(["\na\\nb"]), ["\na\nb"], /lines of a case's plan/],
])("%s is refused", (_, text, plans, message) => {
  expect(() => recorded(file, text, plans)).toThrow(message);
});

test("what is recorded is what is found the next time", async () => {
  const each: Case = {
    name: "several places",
    plan: `
name: "tab\\tend"
#@ an old annotation
cluster: { nodes: 2 }
parallelism:
  ep_size: 6
  fsdp_size: 8`,
  };
  const { annotated } = await run(each);
  expect(annotated).toBe(`
name: "tab\\tend"
#@ [07:17) PLN1023 name takes 1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit, not "tab\\tend"
cluster: { nodes: 2 }
parallelism:
  ep_size: 6
  fsdp_size: 8`);
  expect((await run({ ...each, plan: annotated })).annotated).toBe(annotated);
  expect(withoutAnnotations(annotated)).toBe(withoutAnnotations(each.plan));
});
