import { isBeyondInstalling } from "./lacks.ts";

/** The little that counting needs of vitest's results. */
export interface ModuleResult {
  readonly children: {
    allTests(): Iterable<{ result(): { readonly state: string; readonly note?: string | undefined } }>;
  };
  errors(): readonly unknown[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** How many tests were skipped, by the reason that they gave; "" where one gave none. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Counts tests. A file that could not be loaded, and an error outside every test, count as one failure each. */
export function tally(modules: Iterable<ModuleResult>, errorsOutside: number): Tally {
  let passed = 0;
  let failed = errorsOutside;
  const skipped = new Map<string, number>();
  for (const module of modules) {
    failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state, note = "" } = test.result();
      if (state === "passed") passed++;
      else if (state === "skipped") skipped.set(note, (skipped.get(note) ?? 0) + 1);
      else failed++;
    }
  }
  return { passed, failed, skipped };
}

/** Why tests were skipped, a line for each reason. */
export function reasons({ skipped }: Tally): string[] {
  return [...skipped].map(
    ([note, count]) => `skipped ${count}: ${note === "" ? "no reason given (-t, skip or todo)" : note}`,
  );
}

/** How many were skipped for want of what npm or pip could have installed, or for no reason. */
export function avoidable({ skipped }: Tally): number {
  return sum([...skipped].flatMap(([note, count]) => (isBeyondInstalling(note) ? [] : [count])));
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  const left = sum([...skipped.values()]);
  return `${passed} passed, ${failed} failed${left > 0 ? `, ${left} skipped` : ""}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
