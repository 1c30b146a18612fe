import { spawnSync } from "node:child_process";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";

/** A program for `run_jobs.py`, which explains the fields. */
export interface Job {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly world: number;
  readonly folder: string;
  readonly path?: string;
}

/** What became of it, by rank. */
export interface Result {
  readonly status: readonly number[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly seconds: number;
}

/** Runs programs one after another, each as ranks forked from one process; `more` goes to the environment of all. */
export function runJobs(jobs: readonly Job[], more: NodeJS.ProcessEnv = {}): Result[] {
  const script = new URL("run_jobs.py", import.meta.url).pathname;
  const env = { ...ranksEnv, ...more };
  const options = { input: JSON.stringify(jobs), env, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr } = spawnSync(python, [script], options);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** A test's own Python program. */
export function ownProgram(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
