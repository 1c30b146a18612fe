/** The links between ranks are tested for real: gloo ranks on the CPU, with faults that are brought about. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { linesOf, lockFor, run, runtime, writeLock } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-links-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Worlds of ranks that are forked from one process, one for each fault. */
function worlds(lock: string, ...faults: readonly string[]) {
  const script = ownProgram("preflight_links.py");
  const printed = execFileSync(python, [script, runtime, lock, ...faults], { encoding: "utf8" });
  return JSON.parse(printed) as { readonly status: readonly (number | null)[]; readonly printed: readonly string[] }[];
}

test("four ranks along fsdp 4 and ep 2: right numbers, and every fault by the rank that has it", () => {
  const [none, wrong, shuffled, absent, away, hangs, dies] = worlds(
    writeLock(folder, lockFor()),
    ...["none", "wrong", "shuffled", "absent", "away", "hangs", "dies"],
  );
  expect(none).toEqual({
    status: [0, 0, 0, 0],
    printed: [
      "preflight: ok    links fsdp: right numbers over 4 ranks, 1 group",
      "preflight: ok    links efsdp: right numbers over 2 ranks, 2 groups",
      "preflight: ok    links ep: right numbers over 2 ranks, 2 groups",
    ],
  });
  const brought = (axis: string, who: string) =>
    expect.stringContaining(`fails links ${axis}: all-to-all brought wrong numbers ${who}; drain the machine`);
  // The last numbers that rank 2 gets come from the last rank of its group.
  expect(wrong).toEqual({
    status: [2, 2, 2, 2],
    printed: [
      brought("fsdp", "from rank 3 to rank 2"),
      brought("efsdp", "from rank 2 to rank 2"),
      brought("ep", "from rank 3 to rank 2"),
    ],
  });
  expect(shuffled?.printed).toEqual([
    brought("fsdp", "from rank 2 to rank 0, from rank 2 to rank 1, from rank 2 to rank 2 and 1 more"),
    brought("efsdp", "from rank 2 to rank 0, from rank 2 to rank 2"),
    brought("ep", "from rank 2 to rank 2, from rank 2 to rank 3"),
  ]);
  const alone = (text: string) => [expect.stringContaining(`preflight: fails links: ${text}`)];
  expect(absent).toEqual({ status: [2, 2, 2], printed: alone("rank 3 did not come within 3600 s; ") });
  expect(away).toEqual({
    status: [2, null, 2, 2],
    printed: alone("all_gather of 4 KiB along efsdp: rank 1 did not come within 3600 s; "),
  });
  expect(hangs).toEqual({
    status: [2, null, 2, 2],
    printed: alone("all_to_all of 4 KiB along fsdp: ranks 0-3 did not get through within 3600 s; "),
  });
  expect(dies?.status).toEqual([2, -9, 2, 2]);
  expect(dies?.printed).toEqual(alone("all_to_all of 4 KiB along fsdp: rank 1 ended ("));
});

test("every axis of a mesh that has them all, and one where two are the same ranks", () => {
  const sizes = { dp_replicate_size: 2, fsdp_size: 2, tp_size: 2, ep_size: 2 };
  const [all] = worlds(writeLock(folder, lockFor({ cluster: { gpus_per_node: 8 }, parallelism: sizes })), "none");
  const right = (axis: string, size: number, groups: number) =>
    `preflight: ok    links ${axis}: right numbers over ${size} ranks, ${groups} groups`;
  expect(all).toEqual({
    status: Array(8).fill(0),
    printed: [right("dp_replicate", 2, 4), right("fsdp/efsdp", 2, 4), right("tp/ep", 2, 4)],
  });
});

test("torchrun starts the ranks, as the job's; and one object is printed on request", async () => {
  const lock = writeLock(folder, lockFor({ cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 1 } }));
  const ran = await run(python, ["-m", "planc_runtime.preflight.links", lock, "--cpu", "--json", "--max-steps", "5"]);
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  const message = "right numbers over 2 ranks, 1 group";
  expect(JSON.parse(ran.stdout)).toEqual({
    version: 1,
    verdict: "ok",
    checks: [{ name: "links fsdp/efsdp", verdict: "ok", message, advice: "" }],
  });
});

test("one rank has no links, and machines that do not know of each other test none", async () => {
  const one = { ...lockFor(), mesh: { world_size: 1, groups: {} } };
  const module = ["-m", "planc_runtime.preflight.links"];
  const alone = linesOf(await run(python, [...module, writeLock(folder, one)]));
  expect([alone.status, alone.stdout]).toEqual([0, "preflight: ok    links: one rank needs none\n"]);
  const two = lockFor({ cluster: { nodes: 2, gpus_per_node: 2 } });
  const unset = linesOf(await run(python, [...module, writeLock(folder, two), "--cpu"]));
  expect([unset.status, unset.named]).toEqual([
    2,
    { links: expect.stringContaining("NODE_RANK and MASTER_ADDR are not set") },
  ]);
});

test("a machine that does not come is named, by the others", async () => {
  const sizes = { fsdp_size: 2, ep_size: 1 };
  const lock = writeLock(folder, lockFor({ cluster: { nodes: 2, gpus_per_node: 1 }, parallelism: sizes }));
  const port = String(20000 + (process.pid % 20000));
  const env = { NODE_RANK: "0", MASTER_ADDR: "127.0.0.1", MASTER_PORT: port };
  const ran = linesOf(await run(python, ["-m", "planc_runtime.preflight.links", lock, "--cpu", "--wait", "3"], env));
  expect([ran.status, ran.stderr, ran.named]).toEqual([
    2,
    "",
    { links: expect.stringContaining("rank 1 did not come within 3 s; all of node 1; start launch.sh on each node") },
  ]);
});
