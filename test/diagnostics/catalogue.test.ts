import { expect, test } from "vitest";
import { catalogue } from "../../src/generated/catalogue.ts";

test.each([...catalogue])("%s has a title and words that fit", (code, { title, docs, reporter }) => {
  expect(code).toMatch(/^PLN[1-5]\d{3}$/);
  expect(docs.length).toBeGreaterThan(60);
  for (const { parameters, format } of Object.values(reporter.messages)) {
    const message = format(Object.fromEntries(parameters.map((name) => [name, "x"])));
    expect(message).toMatch(/^(?![A-Z][a-z]+ [a-z]).*[^.]$/s);
    expect(message).not.toContain("undefined");
  }
  for (const words of [title, reporter.help ?? ""]) expect(words).not.toMatch(/^[A-Z][a-z]+ |\.$/);
});
