import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeHost } from "../../src/cli/node-host.ts";
import type { Checked } from "../../src/compiler.ts";
import type { Outcome } from "../../src/run/outcome.ts";
import { prepare } from "../../src/run/prepare.ts";
import { worldOf } from "../../test/compiler.ts";
import { type Job, runJobs } from "../../test/python/jobs.ts";

const request = { steps: 2, layers: undefined, ranks: 4, seconds: 600 };

/** Rehearses plans one after another, forked from one process that has imported the stack. An outcome, or why there is none. */
export async function rehearse(plans: readonly Checked[]): Promise<(Outcome | string)[]> {
  const folders: string[] = [];
  const refusals: (string | undefined)[] = [];
  for (const plan of plans) {
    const folder = mkdtempSync(join(tmpdir(), "planc-rehearsed-"));
    folders.push(folder);
    refusals.push(
      await prepare(worldOf(nodeHost), plan, folder, request).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    );
  }
  const ready = folders.filter((_, index) => refusals[index] === undefined);
  const results = runJobs(ready.map(jobIn));
  for (const folder of folders) rmSync(folder, { recursive: true });
  return folders.map((folder, index) => {
    const result = results[ready.indexOf(folder)];
    if (result === undefined) return refusals[index] ?? "";
    const [stdout = ""] = result.stdout;
    if (result.status[0] === 0) return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    return result.stderr[0]?.trim().split("\n").at(-1) ?? `exit status ${result.status[0]}`;
  });
}

function jobIn(folder: string): Job {
  const path = join(folder, "bundle");
  const program = join(path, "planc_runtime/rehearsal/__main__.py");
  return { program, arguments: [folder], world: 1, folder, path };
}
