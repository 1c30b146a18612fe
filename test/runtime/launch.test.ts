/** What launch.sh says last, and ends with, whatever becomes of a rank: the real torchrun, over programs that end in every way. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { python } from "../python.ts";
import { toyBundle } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-launch-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Stands for train.py: rank 1 ends as it is told to, rank 0 waits for it as for a collective. */
const program = `
import os
import sys
import time
from pathlib import Path

from planc_runtime import errors
from planc_runtime.output import say


def main() -> None:
    what, is_first = sys.argv[1], os.environ["RANK"] == "0"
    if what == "mistake" or (what == "own mistake" and not is_first):
        raise errors.UserError("there is no such thing")
    if what == "requeue":
        raise errors.RequeueError("told to stop after step 3")
    if what in ("foretold", "foretold in vain"):
        errors.foretell(75, "told to stop, but ranks were gone")
    if what == "foretold" and not is_first:
        os.kill(os.getpid(), 6)  # as NCCL's watchdog does
    if what == "output":
        errors.keep_failures(Path("out/failures"))
    if what in ("failure", "output", "foretold in vain") and not is_first:
        raise ValueError("out of luck\\nand of lines")
    if what == "killed" and not is_first:
        os.kill(os.getpid(), 9)
    if what == "silent" and not is_first:
        os._exit(7)
    if what == "fine":
        say("done")
        return
    time.sleep(100000)


errors.run(main)
`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const words = [
  "mistake",
  "own mistake",
  "requeue",
  "failure",
  "output",
  "killed",
  "silent",
  "foretold",
  "foretold in vain",
  "fine",
] as const;
let ended: Readonly<Record<string, Ended>> = {};
let closed: Ended | undefined;

beforeAll(async () => {
  const config = { ...smallConfig("qwen3_moe"), num_experts: 8, moe_intermediate_size: 24 };
  const bundle = await toyBundle(folder, config, {
    cluster: { gpus_per_node: 2 },
    parallelism: { fsdp_size: 2, ep_size: 2 },
  });
  writeFileSync(join(bundle, "train.py"), program);
  // None of them is what the programs mean by these names.
  for (const name of ["json.py", "torch.py", "logging.py"]) writeFileSync(join(folder, name), "raise SystemExit(99)\n");
  mkdirSync(join(folder, "planc_runtime"));
  writeFileSync(join(folder, "planc_runtime/__init__.py"), "raise SystemExit(98)\n");
  ended = Object.fromEntries(await Promise.all(words.map(async (what) => [what, await launch(bundle, what)])));
  closed = await launch(bundle, "fine", true);
});

async function launch(bundle: string, what: string, isUnread = false): Promise<Ended> {
  const temporary = join(folder, `tmp-${what}-${isUnread}`);
  mkdirSync(temporary);
  const env = { ...process.env, PYTHON: python, PLANC_SKIP_PREFLIGHT: "1", TMPDIR: temporary, PYTHONPATH: ":" };
  const job = spawn("bash", [join(bundle, "launch.sh"), what], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  if (isUnread) job.stdout.destroy();
  job.stdout.on("data", (text) => {
    stdout += text;
  });
  job.stderr.on("data", (text) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve) => job.on("close", resolve));
  return { status, stdout, stderr };
}

const lastOf = (what: string) => [ended[what]?.status, ended[what]?.stderr.trimEnd().split("\n").at(-1)];
const left = (what: string) => readdirSync(join(folder, `tmp-${what}-false`)).filter((name) => name.startsWith("tmp."));

describe("the last line, and the exit status", () => {
  test.each([
    ["mistake", 2, "error: there is no such thing"],
    ["own mistake", 2, "error: there is no such thing"],
    ["requeue", 75, "told to stop after step 3"],
    ["killed", 137, expect.stringMatching(/^error: rank 1 was killed by SIGKILL: .*memory ran out/)],
    ["foretold", 75, "told to stop, but ranks were gone"],
    ["foretold in vain", 1, expect.stringMatching(/^error: rank 1 failed: ValueError: out of luck; /)],
    ["silent", 7, "error: rank 1 of train.py ended with status 7; what it printed is above"],
    [
      "failure",
      1,
      expect.stringMatching(/^error: rank 1 failed: ValueError: out of luck; its traceback is in \/.*\.txt$/),
    ],
    ["output", 1, "error: rank 1 failed: ValueError: out of luck; its traceback is in out/failures/rank-1.txt"],
  ])("of %s", (what, status, text) => {
    expect(lastOf(what)).toEqual([status, text]);
    // Of a rank that was killed it begins a line of its own.
    expect(ended[what]?.stderr.split("\n")).toEqual(what === "killed" ? ["", text, ""] : [text, ""]);
    expect(ended[what]?.stdout).toBe("");
  });

  test("of a job that is fine", () => {
    expect(ended["fine"]).toEqual({ status: 0, stdout: "done\ndone\n", stderr: "" });
  });

  test("of a job that nobody reads", () => {
    expect([closed?.status, closed?.stderr]).toEqual([0, ""]);
  });
});

test("a traceback is whole where the last line says; nothing else is left", () => {
  const place = /its traceback is in (.*)$/.exec(String(lastOf("failure")[1]))?.[1] ?? "";
  for (const file of [place, join(folder, "out/failures/rank-1.txt")]) {
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, "utf8")).toMatch(
      /^Traceback[\s\S]*train\.py", line \d+, in main[\s\S]*out of luck\nand of lines$/m,
    );
  }
  const keep = ["failure", "foretold in vain"];
  for (const what of words) expect([what, left(what).length]).toEqual([what, keep.includes(what) ? 1 : 0]);
});
