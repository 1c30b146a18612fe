import { expect, test } from "vitest";
import { requirement } from "../../src/text/requirement.ts";

test("names and versions pass, anything that pip would read otherwise is refused", () => {
  expect(["transformers", "5.23.0", "2.15.0+cu128"].map(requirement)).toEqual([
    "transformers",
    "5.23.0",
    "2.15.0+cu128",
  ]);
  for (const value of ["1.0\nevil", "1.0 # x", "--index-url", "a @ b", "", undefined]) {
    expect(() => requirement(value as never), String(value)).toThrow("cannot be written as a requirement");
  }
});
