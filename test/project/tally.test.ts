import { describe, expect, test } from "vitest";
import { noteOf } from "../../scripts/test/lacks.ts";
import { avoidable, closingLine, type ModuleResult, reasons, tally } from "../../scripts/test/tally.ts";
import { needs } from "../needs.ts";

type Ended = string | { readonly state: string; readonly note: string };

function moduleOf(ended: readonly Ended[], errors: readonly unknown[] = []): ModuleResult {
  const tests = ended.map((each) => ({ result: () => (typeof each === "string" ? { state: each } : each) }));
  return { children: { allTests: () => tests }, errors: () => errors };
}

describe("the closing line of npm test", () => {
  test("counts every state", () => {
    const outcome = tally([moduleOf(["passed", "passed"]), moduleOf(["failed", "skipped"])], 0);
    expect(closingLine(outcome)).toBe("2 passed, 1 failed, 1 skipped");
  });

  test("says nothing of skipped tests when there are none", () => {
    const outcome = tally([moduleOf(["passed", "passed", "passed"])], 0);
    expect([closingLine(outcome), ...reasons(outcome)]).toEqual(["3 passed, 0 failed"]);
  });

  test("a file that could not be loaded, an unfinished test and an error outside of tests are failures", () => {
    const outcome = tally([moduleOf([], [new Error("no such module")]), moduleOf(["pending"])], 1);
    expect(outcome).toEqual({ passed: 0, failed: 3, skipped: new Map() });
  });
});

describe("what a machine lacks", () => {
  const slurm = { state: "skipped", note: noteOf("slurm") };
  const triton = { state: "skipped", note: noteOf("triton") };

  test("is said once for all tests that need it, with the reason", () => {
    const outcome = tally([moduleOf([slurm, "passed"]), moduleOf([triton, slurm, "skipped"])], 0);
    expect([...reasons(outcome), closingLine(outcome)]).toEqual([
      "skipped 2: slurm: there is no Slurm here",
      "skipped 1: triton: there is no Triton in the Python of the tests",
      "skipped 1: no reason given (-t, skip or todo)",
      "1 passed, 0 failed, 4 skipped",
    ]);
  });

  test("fails a complete run where npm or pip could have put it there, or the test gave no reason", () => {
    const missing = (...ended: Ended[]) => avoidable(tally([moduleOf(ended)], 0));
    expect([missing("passed"), missing(slurm), missing(slurm, triton), missing("skipped")]).toEqual([0, 0, 1, 1]);
  });

  test("skips the test that needs it, and no other", () => {
    const notes: (string | undefined)[] = [];
    const skip = ((note?: string) => notes.push(note)) as unknown as Parameters<typeof needs>[0]["skip"];
    needs({ skip }, "slurm", true);
    needs({ skip }, "slurm", false);
    expect(notes).toEqual([slurm.note]);
  });
});
