/**
 * An export that is killed, starved or lied to leaves nothing that looks complete and is not, and says in a sentence what is
 * wrong; whatever the size of a checkpoint, it holds a few blocks of it in memory.
 */
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { bundleIn, configOf, makeModel, saveRun, scratch } from "./export.ts";

const two = { fsdp_size: 2, ep_size: 2 };
const large = { hidden_size: 512, moe_intermediate_size: 512, num_experts: 32 };

const folder = scratch();
let results: Result[];

beforeAll(async () => {
  const config = configOf("qwen3_moe");
  const path = await bundleIn(folder, config, two);
  const lock = join(await bundleIn(join(folder, "large"), configOf("qwen3_moe", large), two), "plan.lock.json");
  const own = { world: 1, folder, path };
  results = runJobs([
    makeModel(folder, config),
    saveRun(folder, "run", two),
    { ...own, program: ownProgram("export_faults.py"), arguments: [folder] },
    { ...own, program: ownProgram("export_memory.py"), arguments: [folder, lock, join(path, "plan.lock.json")] },
  ]);
});

function saidBy(index: number) {
  const { status, stdout, stderr } = results[index] ?? {};
  expect(new Set(status), stderr?.join("\n")).toEqual(new Set([0]));
  return JSON.parse(stdout?.[0]?.trim().split("\n").at(-1) ?? "");
}

test("whatever happens to it, what it says and leaves is honest", () => {
  const { failures, ...held } = saidBy(2);
  expect(failures).toEqual([]);
  expect(held).toEqual({
    damages: 14,
    unread: 1,
    choices: 4,
    strangers: 11,
    places: 8,
    kills: expect.any(Number),
    signals: 4,
    disks: 2,
    lies: 1,
  });
  expect(held["kills"]).toBeGreaterThan(17);
});

test("it holds a few blocks, whatever the size of the checkpoint and of its tensors", () => {
  const { checkpoint, largest, above } = saidBy(3);
  expect(checkpoint).toBeGreaterThan(300e6);
  expect(largest).toBeGreaterThan(64e6);
  for (const bytes of Object.values<number>(above)) expect(bytes).toBeLessThan(32e6);
});
