import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { nodeHost } from "../../src/cli/node-host.ts";
import type { Checked } from "../../src/compiler.ts";
import type { Outcome } from "../../src/run/outcome.ts";
import { prepare } from "../../src/run/prepare.ts";
import { runModule } from "../../src/run/python.ts";
import { worldOf } from "../compiler.ts";
import { type Job, type Result, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";

/** Seconds that no rehearsal of a test takes, on however slow a machine. */
export const unlimited = 1e6;

const request = { steps: 2, layers: undefined };

interface How {
  readonly look?: (folder: string) => void;
  readonly seconds?: number;
  /** How many it is folded to at most. */
  readonly ranks?: number;
}

/** Rehearses a plan; `change` may spoil its bundle first, and `look` sees the folder before it goes. */
export async function rehearsal(
  checked: Checked | undefined,
  change?: (bundle: string) => void,
  how: How = {},
): Promise<Outcome> {
  const folder = await prepared(checked, change, how);
  try {
    const { status, stdout, stderr } = await runModule(python, join(folder, "bundle"), "planc_runtime.rehearsal", [
      folder,
    ]);
    if (status !== 0) throw new Error(stderr);
    how.look?.(folder);
    return outcomeIn(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Notes rehearsals while tests are declared, and makes all of them before the first test, forked from one process that has
 * imported the stack; where a test calls what it got, it gets the outcome.
 */
export function rehearsals() {
  const asked: (readonly [Checked | undefined, ((bundle: string) => void) | undefined, How])[] = [];
  let results: readonly Result[] = [];
  beforeAll(async () => {
    const folders: string[] = [];
    for (const each of asked) folders.push(await prepared(...each));
    const jobs = folders.map((folder): Job => {
      const path = join(folder, "bundle");
      return {
        program: join(path, "planc_runtime/rehearsal/__main__.py"),
        arguments: [folder],
        world: 1,
        folder,
        path,
      };
    });
    results = runJobs(jobs);
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  return (checked: Checked | undefined, change?: (bundle: string) => void, how: Omit<How, "look"> = {}) => {
    const index = asked.push([checked, change, how]) - 1;
    return (): Outcome => {
      const { status: [status] = [], stdout: [stdout = ""] = [], stderr: [stderr = ""] = [] } = results[index] ?? {};
      if (status !== 0) throw new Error(stderr);
      return outcomeIn(stdout);
    };
  };
}

async function prepared(
  checked: Checked | undefined,
  change: ((bundle: string) => void) | undefined,
  { seconds = unlimited, ranks = 8 }: How,
): Promise<string> {
  if (checked === undefined) throw new Error("the plan has errors");
  const folder = mkdtempSync(join(tmpdir(), "planc-rehearsal-"));
  if ((await prepare(worldOf(nodeHost), checked, folder, { ...request, ranks, seconds })) === undefined)
    throw new Error("the mesh cannot be folded");
  change?.(join(folder, "bundle"));
  return folder;
}

function outcomeIn(stdout: string): Outcome {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** Puts text behind the first occurrence of some other in a file of a bundle. */
export function insert(file: string, after: string, text: string): (bundle: string) => void {
  return replace(file, after, `${after}${text}`);
}

/** Puts text in the place of the first occurrence of some other in a file of a bundle. */
export function replace(file: string, old: string, text: string): (bundle: string) => void {
  return (bundle) => {
    const source = readFileSync(`${bundle}/${file}`, "utf8");
    if (!source.includes(old)) throw new Error(`${file} has no ${old}`);
    writeFileSync(
      `${bundle}/${file}`,
      source.replace(old, () => text),
    );
  };
}
