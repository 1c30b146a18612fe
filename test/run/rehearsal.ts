import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeHost } from "../../src/cli/node-host.ts";
import type { Checked } from "../../src/compiler.ts";
import type { Outcome } from "../../src/run/outcome.ts";
import { prepare } from "../../src/run/prepare.ts";
import { runModule } from "../../src/run/python.ts";
import { python } from "../python.ts";

const request = { ranks: 8, steps: 2, layers: undefined, seconds: 120 };

/** Rehearses a plan; `change` may spoil its bundle first. */
export async function rehearsal(checked: Checked | undefined, change?: (bundle: string) => void): Promise<Outcome> {
  if (checked === undefined) throw new Error("the plan has errors");
  const folder = mkdtempSync(join(tmpdir(), "planc-rehearsal-"));
  const bundle = join(folder, "bundle");
  try {
    if ((await prepare(nodeHost, checked, folder, request)) === undefined) throw new Error("the mesh cannot be folded");
    change?.(bundle);
    const { status, stdout, stderr } = await runModule(python, bundle, "planc_runtime.rehearsal", [folder]);
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
