import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A command to time. `prepare` runs before each start, outside of the time. */
export interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** The exit status; 0 when left out. */
  readonly status?: number;
  readonly prepare?: () => void;
}

/** Milliseconds of a start. */
export interface Time {
  readonly clock: number;
  /** Of the processor, all threads together. */
  readonly processor: number;
}

const processor = fileURLToPath(new URL("cpu.cjs", import.meta.url));

/** Starts every case once a round, in turn, so that a busy moment of the machine falls on all of them alike. */
export function interleave(cases: readonly Case[], rounds: number): Map<string, Time[]> {
  const times = new Map<string, Time[]>(cases.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const each of cases) {
      const { name, prepare } = each;
      prepare?.();
      const time = start(each);
      if (round >= 0) times.get(name)?.push(time);
    }
  }
  return times;
}

function start({ name, args, status = 0 }: Case): Time {
  const begin = performance.now();
  const run = spawnSync(process.execPath, ["--require", processor, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const clock = performance.now() - begin;
  if (run.status !== status) throw new Error(`${name} exited ${run.status}: ${run.stderr}`);
  return { clock, processor: Number(run.output[3]) / 1000 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
