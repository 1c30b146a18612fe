import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { table } from "../../src/cli/rehearse/table.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { checkTree } from "../plans.ts";
import { insert, rehearsal } from "./rehearsal.ts";

const { value } = checkTree({
  cluster: { gpus_per_node: 2, gpu: { name: "large", memory_gb: 900 } },
  parallelism: { fsdp_size: 2, ep_size: 2 },
});
const main = "def main() -> None:\n";

test("an exception in a rank is shown once, with the rank and where its log is", async () => {
  const broken = `    import os

    if os.environ["RANK"] == "1":
        raise RuntimeError("matrix batch sizes have to match")
`;
  const outcome = await rehearsal(value, insert("train.py", main, broken), {
    look: (folder) => expect(readFileSync(`${folder}/logs/train/rank-1.log`, "utf8")).toContain("Traceback"),
  });
  expect(outcome.failure).toEqual({
    stage: "train",
    rank: 1,
    message: "RuntimeError: matrix batch sizes have to match",
    log: expect.stringMatching(/\/logs\/train\/rank-1\.log$/),
  });
  expect(table(outcome, plainLook).split("\n").slice(1, 3)).toEqual([
    "failed: rank 1 of train.py: RuntimeError: matrix batch sizes have to match",
    "  known: one of the two grouped_gemm rules does not reach its experts",
  ]);
});

test("a hang ends after the stated time, with the stack of each rank", async () => {
  const stuck = `    import time

    time.sleep(1000)
`;
  // A machine that has not come that far yet gets twice the time: how fast it is decides nothing.
  for (let seconds = 10; ; seconds *= 2) {
    let logs: readonly string[] = [];
    const outcome = await rehearsal(value, insert("train.py", main, stuck), {
      seconds,
      look: (folder) => {
        const files = [0, 1].map((rank) => `${folder}/logs/train/rank-${rank}.log`);
        logs = files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : ""));
      },
    });
    expect(outcome.failure?.message).toBe(`no rank ended within ${seconds} s; each rank's stack is in its log`);
    if (logs.every((log) => /File ".*train\.py", line \d+ in main/.test(log))) return;
  }
});
