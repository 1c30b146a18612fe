/** The plans and config.json files on the pages of the diagnostics run: Wrong shows the code, Right has no error. */
import { describe, expect, test } from "vitest";
import { entries } from "../cases/catalogue.ts";
import { withoutPage } from "../cases/exempt.ts";
import { planFile } from "../cases/files.ts";
import { judge } from "../cases/judge.ts";
import { type Block, blocksOf, filesOfBlock, sideOf } from "../cases/pages.ts";
import { caseModules } from "../cases/source.ts";

const examples = Object.assign({}, ...(await caseModules()).map((module) => module.examples));
const exempt = Object.keys(withoutPage);

describe.each([...entries].filter(([code]) => !exempt.includes(code)))("%s", (code, entry) => {
  const blocks = blocksOf(entry);

  test("has something wrong that can run", () => {
    expect(blocks.some(({ side }) => side === "wrong")).toBe(true);
  });

  test.each(blocks.map((block) => [`${block.side} ${block.number}`, block] as const))("%s", async (_, block) => {
    const { said, objections, plan } = await judged(code, block);
    expect(objections, `said was: ${said}\njudged was:\n${plan}`).toEqual([]);
  });
});

test("what is exempt exists and does not run", async () => {
  const running: string[] = [];
  for (const code of exempt) {
    const entry = entries.get(code);
    const blocks = entry === undefined ? [] : blocksOf(entry);
    const outcomes = await Promise.all(blocks.map((block) => judged(code, block)));
    const isFine =
      blocks.some(({ side }) => side === "wrong") && outcomes.every(({ objections }) => objections.length === 0);
    if (isFine || entry === undefined) running.push(code);
  }
  expect(running).toEqual([]);
});

test("every example is of a page", () => {
  expect(Object.keys(examples).filter((code) => !entries.has(code))).toEqual([]);
});

/** What is not as the page says. */
async function judged(code: string, block: Block) {
  const files = filesOfBlock(block, examples[code]);
  const { partial = [], release } = sideOf(examples[code] ?? {}, block.side);
  const { diagnostics } = await judge(files, release);
  const codes = diagnostics.map((each) => each.code);
  const errors = diagnostics.filter(({ severity }) => severity === "error").map((each) => each.code);
  const unexpected = errors.filter((each) => !partial.includes(each));
  const stale = partial.filter((each) => !codes.includes(each)).map((each) => `${each} is not partial`);
  const objections =
    block.side === "wrong"
      ? [...(codes.includes(code) ? [] : [`${code} is not shown`])]
      : [...new Set([...unexpected, ...stale, ...codes.filter((each) => each === code)])];
  return {
    objections,
    said: diagnostics.map((each) => `${each.code} ${each.message}`).join("; "),
    plan: files[planFile],
  };
}
