import type { MetIssue } from "../../check/issues.ts";
import { issuesOfPlan, type World } from "../../compiler.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** What a plan would meet on another release of its engine. */
export interface Elsewhere {
  readonly package: string;
  readonly version: string;
  readonly met: readonly MetIssue[];
}

/** The plan judged again on every other known release of its engine. */
export function elsewhere(world: World, file: string, { plan, engine }: PlanFacts): Elsewhere[] {
  const others = engine.releases.filter(({ version }) => !Object.values(plan.versions).includes(version));
  return others.map(({ version }) => {
    const { value: met = [] } = issuesOfPlan(world, file, { [engine.name]: version });
    return { package: engine.name, version, met };
  });
}
