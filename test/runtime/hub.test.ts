import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { runtime } from "./preflight.ts";

test("exports and conversions split a model into the files that the Hub's library makes, also where one tensor exceeds the limit", () => {
  const output = execFileSync(python, [ownProgram("hub_shards.py"), runtime, "7", "300"], { encoding: "utf8" });
  const { exceeding, others } = JSON.parse(output);
  expect(exceeding).toBeGreaterThan(100);
  expect(others).toEqual([]);
});
