import { type ExecFileException, execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { root } from "../../scripts/root.ts";
import { lockOf } from "../../src/bundle/lock.ts";
import { json } from "../../src/text/json.ts";
import { smallConfig } from "../model/variants.ts";
import { checkTree } from "../plans.ts";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";

/** Where `planc_runtime` lies. */
export const runtime = `${root}templates`;

type Tree = Readonly<Record<string, unknown>>;

/** Grouped matrix products need rows of a multiple of 16 bytes. */
const toy = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24, max_position_embeddings: 4096 };

/** The lock of a small qwen3_moe over 4 ranks, or of a plan with changes, as the bundle's programs read it. */
export function lockFor(changes: Tree = {}, config: Tree = toy) {
  const small = { cluster: { gpus_per_node: 4 }, parallelism: { fsdp_size: 4, ep_size: 2 } };
  const merged = { ...small, ...changes, cluster: { ...small.cluster, ...(changes["cluster"] as Tree | undefined) } };
  const { value, diagnostics } = checkTree(merged, config);
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return JSON.parse(json(lockOf(value)));
}

/** Writes a lock where a program can be told of it. */
export function writeLock(folder: string, lock: unknown, name = "plan.lock.json"): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(lock));
  return file;
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with the runtime on Python's path, without holding up a server of the test's; no sample of rows is prepared. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(([name]) => !/proxy|^HF_/i.test(name));
  const options = {
    env: {
      ...Object.fromEntries(inherited),
      PYTHONPATH: runtime,
      OMP_NUM_THREADS: "1",
      PLANC_SKIP_SAMPLE: "1",
      ...env,
    },
  };
  return new Promise((resolve) => {
    execFile(command, args, options, (error: ExecFileException | null, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Runs the preflight itself: its exit status and, by name, its lines. */
export async function preflight(lock: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  return linesOf(await run(python, ["-m", "planc_runtime.preflight", lock, ...args], env));
}

/**
 * Notes runs of the preflight while tests are declared, and makes all of them before the first test, forked from one process
 * that has imported the stack: each costs a tenth of a process of its own.
 */
export function preflights(): (lock: string, args: readonly string[]) => () => ReturnType<typeof linesOf> {
  const jobs: Job[] = [];
  let results: readonly Result[] = [];
  beforeAll(() => {
    results = runJobs(jobs, { PLANC_SKIP_SAMPLE: "1" });
  });
  const program = `${runtime}/planc_runtime/preflight/__main__.py`;
  return (lock, args) => {
    const index = jobs.push({ program, arguments: [lock, ...args], world: 1, folder: tmpdir(), path: runtime }) - 1;
    return () => {
      const {
        status: [status = -1] = [],
        stdout: [stdout = ""] = [],
        stderr: [stderr = ""] = [],
      } = results[index] ?? {};
      return linesOf({ status, stdout, stderr });
    };
  };
}

/** What a run of the preflight printed: `name` → "verdict name: message". */
export function linesOf({ status, stdout, stderr }: Ran) {
  const lines = stdout
    .split("\n")
    .flatMap((line) => /^preflight: (\w+) +(.*)$/.exec(line)?.slice(1, 3).join(" ") ?? []);
  const named = Object.fromEntries(lines.map((line) => [/^\w+ ([^:]+):/.exec(line)?.[1] ?? "", line]));
  return { status, stderr, named, stdout };
}

/** What the judges say of readings, in order. */
export function judged(cases: readonly { readonly judge: string; readonly values: unknown }[]): string[][] {
  const script = ownProgram("preflight_judging.py");
  return JSON.parse(execFileSync(python, [script, runtime], { input: JSON.stringify(cases), encoding: "utf8" }));
}
