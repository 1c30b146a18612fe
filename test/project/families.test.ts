import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { families } from "../../src/model/families.ts";

test("the README counts the model types that planc knows", () => {
  const readme = readFileSync(`${root}README.md`, "utf8").replaceAll("\n", " ");
  expect(readme).toContain(`[${families.keys().length} model types](docs/families.md)`);
});
