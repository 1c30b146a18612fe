import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { runtime } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Case {
  readonly name: string;
  readonly streamed: boolean;
  readonly other: readonly string[];
  readonly files: number;
  readonly refused: unknown;
}

test("a model that its ranks write at once is, byte for byte, the one that the stack gathers and writes, on any mesh", () => {
  const [ran] = runJobs([
    { program: ownProgram("stream_save.py"), arguments: [runtime, join(folder, "work")], world: 4, folder },
  ]);
  expect(ran?.status, ran?.stderr.join("")).toEqual([0, 0, 0, 0]);
  const cases: Case[] = JSON.parse(ran?.stdout[0] ?? "");
  expect(cases.map(({ name, streamed, other }) => [name, streamed, other])).toEqual(
    cases.map(({ name }) => [name, true, []]),
  );
  expect(cases.map(({ name, files }) => [name, files > 1])).toEqual(
    cases.map(({ name }) => [name, name === "tp" || name.endsWith("many files")]),
  );
  // A rank that cannot write, and a disk that gives back something else, leave nothing and are told on every rank.
  expect(cases[0]?.refused).toEqual([
    "OSError: [Errno 28] No space left on device",
    [],
    "OSError: OUTPUT/.planc-save.tmp/model.safetensors: the disk gave back something else than was written",
    [],
  ]);
});
