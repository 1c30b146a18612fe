import fc from "fast-check";
import { expect, test } from "vitest";
import { directive } from "../../src/text/sbatch.ts";

test("options, values and flags", () => {
  expect(directive("time", "1-00:30:00")).toBe("time=1-00:30:00");
  expect(directive("nodes", 4)).toBe("nodes=4");
  expect(directive("exclusive", null)).toBe("exclusive");
});

test("nothing that would end the line, quote, or begin a comment, and no name that is none", () => {
  const bad = fc.tuple(fc.string(), fc.constantFrom(" ", "\n", "\t", "\r", '"', "'", "\\", "#"), fc.string());
  fc.assert(
    fc.property(bad, ([before, breaker, after]) => {
      expect(() => directive("account", `${before}${breaker}${after}`)).toThrow();
    }),
  );
  for (const option of ["", "Account", "-account", "a b", "a=b"]) expect(() => directive(option, "x")).toThrow();
  expect(() => directive("account", "")).toThrow();
});
