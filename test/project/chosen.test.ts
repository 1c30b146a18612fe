/** What `npm test` makes of its arguments before it runs anything. */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVitest, type Vitest } from "vitest/node";
import { root } from "../../scripts/root.ts";
import { ownOptions } from "../../scripts/test/options.ts";
import { startPython, testsReaching } from "../../scripts/test/split.ts";

test("tests are found through the helpers that they import", () => {
  const found = testsReaching(root, "scripts/test/tally.ts");
  expect(found).toEqual(["test/project/tally.test.ts"]);
});

let vitest: Vitest;
beforeAll(async () => {
  vitest = await createVitest("test", { root, run: true, watch: false });
});
afterAll(() => vitest.close());

test.each([
  ["nothing chosen: all tests", [], true],
  ["one file that starts Python", ["test/convert/oracle.test.ts"], true],
  ["one that does through a helper", ["test/runtime/preflight-data"], true],
  ["one that starts none", ["test/text/requirement.test.ts"], false],
  ["a folder of files that start none", ["test/bundle/disks", "test/diagnostics"], false],
  ["a folder with one that does", ["test/text"], true],
  ["nothing that there is", ["test/no-such"], false],
] as const)("%s", async (_, filter, needed) => {
  expect(startPython(await vitest.globTestSpecifications([...filter]))).toBe(needed);
});

test("files whose ranks take every core are apart, and no file is left out or twice", async () => {
  const files = await vitest.globTestSpecifications([]);
  const names = files.map(({ moduleId }) => moduleId);
  expect(names).toHaveLength(new Set(names).size);
  const projectOf = (name: string) => files.find(({ moduleId }) => moduleId.endsWith(name))?.project.name;
  expect(
    ["text/requirement", "convert/oracle", "runtime/dispatch"].map((name) => projectOf(`${name}.test.ts`)),
  ).toEqual(["light", "python", "ranks"]);
  const found = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" });
  expect(names).toHaveLength(found.filter((name) => name.endsWith(".test.ts")).length);
});

test("its own options are taken out of those that vitest gets", () => {
  const { own, rest } = ownOptions(["--light", "test/model", "-t", "name", "--complete"]);
  expect([own, rest]).toEqual([{ light: true, conformance: false, complete: true }, ["test/model", "-t", "name"]]);
});
