import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/root.ts";

/** What a run of the program left behind. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program itself, as a shell would. */
export function planc(folder: string, ...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}bin/planc.js`, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** A folder that holds the reference plan and its model, and is gone afterwards. */
export async function inFolder<T>(work: (folder: string, plan: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "planc-cli-"));
  try {
    cpSync(`${root}plans/models`, join(folder, "models"), { recursive: true });
    mkdirSync(join(folder, "plans"));
    return await work(folder, readFileSync(`${root}plans/qwen3-ep8.yaml`, "utf8").replace("config: ", "config: ../"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
