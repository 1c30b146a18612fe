import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { epNeedsPlan } from "../../src/engines/transformers/rules/mesh-ep-needs-plan.ts";
import { catalogue } from "../../src/generated/catalogue.ts";
import { checkTree } from "../plans.ts";

const root = new URL("../../", import.meta.url).pathname;
const textsIn = (folder: string) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    // What is exempt from having a case is a list of codes, and no test of them.
    .filter((file) => file.endsWith(".ts") && !file.endsWith("catalogue.test.ts") && !file.startsWith("cases/"))
    .map((file) => readFileSync(`${root}${folder}/${file}`, "utf8"));
/** The tests, and what the cases beside the rules expect. */
const sources = [...textsIn("test"), ...textsIn("src").flatMap((text) => text.match(/^#@ .*/gm) ?? [])].join("\n");
/** A code that no plan can cause today; its test stands below. */
const elsewhere = ["PLN3007"];

test.each([...catalogue])(
  "%s has a test that expects it, a title and words that fit",
  (code, { title, docs, reporter }) => {
    if (!elsewhere.includes(code)) expect(sources.includes(code), "no test names it").toBe(true);
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
