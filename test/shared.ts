import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Vitest calls it before the first file with ranks, in the process that starts theirs, and what it returns after the last. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "planc-shared-"));
  process.env["PLANC_TEST_SHARED"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
