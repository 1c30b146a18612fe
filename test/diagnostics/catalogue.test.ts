import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { epNeedsPlan } from "../../src/engines/transformers/rules/mesh-ep-needs-plan.ts";
import { catalogue } from "../../src/generated/catalogue.ts";
import { withoutCase } from "../cases/exempt.ts";
import { unwritten } from "../cases/unwritten.ts";
import { checkTree } from "../plans.ts";

const tests = new URL("../", import.meta.url).pathname;
const sources = readdirSync(tests, { recursive: true, encoding: "utf8" })
  // What is exempt from having a case is a list of codes, and no test of them.
  .filter((file) => file.endsWith(".ts") && !file.endsWith("catalogue.test.ts") && !file.startsWith("cases/"))
  .map((file) => readFileSync(`${tests}${file}`, "utf8"))
  .join("\n");
/** A code that no plan can cause today; its test stands below. */
const elsewhere = ["PLN3007"];
/** `cases.test.ts` sees to it that a code which is neither unwritten nor exempt has a case for each of its shapes. */
const hasCases = (code: string) => !unwritten.codes.includes(code) && !(`${code}/*` in withoutCase);

test.each([...catalogue])(
  "%s has a test that expects it, a title and words that fit",
  (code, { title, docs, reporter }) => {
    if (!elsewhere.includes(code) && !hasCases(code)) expect(sources.includes(code), "no test names it").toBe(true);
    expect(code).toMatch(/^PLN[1-5]\d{3}$/);
    expect(docs.length).toBeGreaterThan(60);
    for (const { parameters, format } of Object.values(reporter.messages)) {
      const message = format(Object.fromEntries(parameters.map((name) => [name, "x"])));
      expect(message).toMatch(/^(?![A-Z][a-z]+ [a-z]).*[^.]$/s);
      expect(message).not.toContain("undefined");
    }
    for (const words of [title, reporter.help ?? ""]) expect(words).not.toMatch(/^[A-Z][a-z]+ |\.$/);
  },
);

test("PLN3007: a release without rules for a family", () => {
  const facts = checkTree().value;
  expect(facts).toBeDefined();
  if (facts === undefined) return;
  expect([...epNeedsPlan.check(facts)]).toEqual([]);
  const found = [...epNeedsPlan.check({ ...facts, epPlan: {} })];
  expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "PLN3007 ep_size 8: transformers 5.23.0 has no base_model_ep_plan for qwen3_moe",
  ]);
});
