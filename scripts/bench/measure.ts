import { spawnSync } from "node:child_process";

/** A command to time. `prepare` runs before each start, outside of the time. */
export interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** The exit status; 0 when left out. */
  readonly status?: number;
  readonly prepare?: () => void;
}

/** Starts every case once a round, in turn, so that a busy moment of the machine falls on all of them alike. */
export function interleave(cases: readonly Case[], rounds: number): Map<string, number[]> {
  const times = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const each of cases) {
      const { name, prepare } = each;
      prepare?.();
      const milliseconds = start(each);
      if (round >= 0) times.get(name)?.push(milliseconds);
    }
  }
  return times;
}

function start({ name, args, status = 0 }: Case): number {
  const begin = performance.now();
  const run = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const milliseconds = performance.now() - begin;
  if (run.status !== status) throw new Error(`${name} exited ${run.status}: ${run.stderr}`);
  return milliseconds;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
