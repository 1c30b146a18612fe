/**
 * Ends a test run that hangs, and says in which test. The only limit of time in the tests: no test fails because a machine is
 * slow, so it is far beyond what the longest hook takes on one that is ten times slower than CI's.
 */
import { spawnSync } from "node:child_process";
import type { ReportedHookContext, Reporter, TestCase, TestModule } from "vitest/node";

const limitMinutes = 150;

/** What the watchdog does to the world; tests hand in their own. */
export interface Hands {
  now(): number;
  say(text: string): void;
  end(): void;
}

const own: Hands = {
  now: () => performance.now(),
  say: (text) => process.stderr.write(text),
  end: () => {
    endDescendants(process.pid);
    process.exit(1);
  },
};

export class Watchdog implements Reporter {
  private readonly hands: Hands;
  private readonly limit: number;
  private readonly running = new Set<string>();
  private latest = "nothing yet";
  private since = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor({ minutes = limitMinutes, hands = own } = {}) {
    this.hands = hands;
    this.limit = minutes * 60_000;
  }

  onTestRunStart(): void {
    this.news("the run began");
    this.timer = setInterval(() => this.look(), Math.min(this.limit, 10_000));
    this.timer.unref();
  }

  onTestRunEnd(): void {
    clearInterval(this.timer);
  }

  onTestModuleStart(module: Pick<TestModule, "relativeModuleId">): void {
    this.running.add(module.relativeModuleId);
    this.news(`${module.relativeModuleId} began`);
  }

  onTestModuleEnd(module: Pick<TestModule, "relativeModuleId">): void {
    this.running.delete(module.relativeModuleId);
    this.news(`${module.relativeModuleId} ended`);
  }

  onTestCaseReady(test: Pick<TestCase, "fullName">): void {
    this.news(`the test "${test.fullName}" began`);
  }

  onTestCaseResult(test: Pick<TestCase, "fullName">): void {
    this.news(`the test "${test.fullName}" ended`);
  }

  onHookStart({ name }: Pick<ReportedHookContext, "name">): void {
    this.news(`a ${name} began`);
  }

  private news(what: string): void {
    this.latest = what;
    this.since = this.hands.now();
  }

  /** Looks whether anything was reported lately. A worker that waits for a process may report late what it began. */
  look(): void {
    if (this.hands.now() - this.since < this.limit) return;
    const where = [...this.running].join(", ") || "no test file";
    this.hands.say(`\nhangs: nothing happened for ${this.limit / 60_000} minutes in ${where}; last, ${this.latest}\n`);
    this.hands.end();
  }
}

/** Kills every process that another one started, and those that these started. */
export function endDescendants(pid: number): void {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const found = new Set([pid]);
  for (const parent of found)
    for (const [child, of] of pairs) if (of === parent && child !== undefined) found.add(child);
  found.delete(pid);
  for (const child of found) {
    try {
      process.kill(child, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}
