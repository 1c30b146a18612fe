import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { testsReaching } from "../../scripts/test/split.ts";

test("tests are found through the helpers that they import", () => {
  const found = testsReaching(root, "scripts/test/tally.ts");
  expect(found).toEqual(["test/project/tally.test.ts"]);
});
