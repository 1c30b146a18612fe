import { describe, expect, test } from "vitest";
import { closingLine, type ModuleResult, tally } from "../../scripts/test/tally.ts";

function moduleOf(states: readonly string[], errors: readonly unknown[] = []): ModuleResult {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  return { children: { allTests: () => tests }, errors: () => errors };
}

describe("the closing line of npm test", () => {
  test("counts every state", () => {
    const outcome = tally([moduleOf(["passed", "passed"]), moduleOf(["failed", "skipped"])], 0);
    expect(closingLine(outcome)).toBe("2 passed, 1 failed, 1 skipped");
  });

  test("says nothing of skipped tests when there are none", () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
  });

  test("a file that could not be loaded, an unfinished test and an error outside of tests are failures", () => {
    const outcome = tally([moduleOf([], [new Error("no such module")]), moduleOf(["pending"])], 1);
    expect(outcome).toEqual({ passed: 0, failed: 3, skipped: 0 });
  });
});
