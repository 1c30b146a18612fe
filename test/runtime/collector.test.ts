/** The garbage collector stays out of steps, and reference cycles do not pile up. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownProgram, runJobs } from "../python/jobs.ts";

interface Run {
  /** Of each step whether the collector was on, and the cycles alive at its end. */
  readonly steps: readonly (readonly [boolean, number])[];
  readonly before: readonly [boolean, number];
  readonly after: readonly [boolean, number];
  readonly raised: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "planc-collector-"));
afterAll(() => rmSync(folder, { recursive: true }));

let answers: Readonly<Record<"seldom" | "logging" | "saving" | "failing", Run>> & { readonly child: boolean };

beforeAll(() => {
  const path = new URL("../../templates", import.meta.url).pathname;
  const program = ownProgram("collector_steps.py");
  const [result] = runJobs([{ program, arguments: [folder], world: 1, folder, path }]);
  expect(result?.status, result?.stderr.join("\n")).toEqual([0]);
  answers = JSON.parse(result?.stdout[0]?.trim().split("\n").at(-1) ?? "");
});

test.each([
  ["seldom", 50],
  ["logging", 5],
  ["saving", 10],
] as const)("%s: it is off from the second step on, and %i steps' cycles are the most that live", (name, most) => {
  const { steps } = answers[name];
  expect(steps).toHaveLength(120);
  expect(steps.slice(1).some(([isOn]) => isOn)).toBe(false);
  const alive = steps.map(([, cycles]) => cycles);
  expect(Math.max(...alive)).toBeLessThanOrEqual(most + 1);
  // Between two collections none runs.
  expect(Math.max(...alive)).toBeGreaterThanOrEqual(most - 1);
});

test.each(["seldom", "logging", "saving", "failing"] as const)("%s: it is as it was after training", (name) => {
  expect(answers[name].after).toEqual(answers[name].before);
  expect(answers[name].raised !== null).toBe(name === "failing");
});

test("a process that is forked meanwhile collects", () => expect(answers.child).toBe(true));
