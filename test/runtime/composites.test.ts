/** Models of several parts: the text model trains on ranks as in one process, and what is saved is the whole model again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { composites, type Mesh, prepareComposite, rehearseComposite } from "./composites.ts";

const fsdp2: Mesh = { fsdp_size: 2, ep_size: 2 };
const tp2: Mesh = { fsdp_size: 1, tp_size: 2, ep_size: 2 };

/** What the stack can train: gemma4's plan puts its dense layers on the expert axis, which FSDP does not go with. */
const cases: readonly (readonly [string, Mesh])[] = [
  ...Object.keys(composites).map((type) => [type, type === "gemma4" ? { fsdp_size: 2, ep_size: 1 } : fsdp2] as const),
  ["gemma4", tp2],
  ["kimi_k25", tp2],
  ["qwen3_vl_moe", { fsdp_size: 4, ep_size: 2 }],
];

const root = mkdtempSync(join(tmpdir(), "planc-composites-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folderOf = (index: number) => join(root, `case-${index}`);
let rehearsals: readonly Result[];
let checks: readonly Result[];

beforeAll(async () => {
  const locks: Job[] = [];
  for (const [index, [type, mesh]] of cases.entries()) locks.push(await prepareComposite(folderOf(index), type, mesh));
  const check = (_: unknown, index: number): Job => {
    const folder = folderOf(index);
    const program = ownProgram("composite_check.py");
    return { program, arguments: [folder], world: 1, folder, path: join(folder, "bundle") };
  };
  const results = runJobs([
    ...locks,
    ...cases.map((_, index) => rehearseComposite(folderOf(index))),
    ...cases.map(check),
  ]);
  for (const { status, stderr } of results.slice(0, locks.length)) expect(status, stderr.join("\n")).toEqual([0]);
  rehearsals = results.slice(locks.length, 2 * locks.length);
  checks = results.slice(2 * locks.length);
});

/** The last line that a program has printed, as JSON. */
function saidBy(result: Result | undefined) {
  const { status, stdout, stderr } = result ?? {};
  expect(status, stderr?.join("\n")).toEqual([0]);
  return JSON.parse(stdout?.[0]?.trim().split("\n").at(-1) ?? "");
}

test.each(cases.map(([type, mesh], index) => [type, mesh, index] as const))("%s on %j", (type, mesh, index) => {
  const { failure, steps, models, documents } = saidBy(rehearsals[index]);
  expect(failure).toBeUndefined();
  expect(steps).toHaveLength(mesh.tp_size === undefined ? 2 : 1);
  for (const { step, loss, reference, parameter, difference } of steps) {
    expect(loss / reference).toBeCloseTo(1, 5);
    // The second is of parameters that have made a step of their own rounding.
    expect(difference, parameter).toBeLessThan(step === 1 ? 1e-5 : 1e-4);
  }
  if (mesh.tp_size !== undefined) return;
  if (composites[type]?.packed !== false) expect(documents.rows).toBeGreaterThan(0);
  expect(documents.later).toBeLessThan(1e-4);
  expect(models.keys).toEqual({ missing_keys: [], unexpected_keys: [], mismatched_keys: [] });
  expect(models.logits).toBeLessThan(1e-4);
  expect(models.moved).toBeGreaterThan(1e-4);
  const { wrong, kept, trained, held } = saidBy(checks[index]);
  expect(wrong).toEqual([]);
  for (const count of [kept, trained, held]) expect(count).toBeGreaterThan(10);
});
