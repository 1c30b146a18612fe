import { cappedByCode } from "./capped.ts";
import type { Diagnostic } from "./diagnostic.ts";

/**
 * One thing that can be wrong with a plan, one file a rule. A rule sees facts, reports, and changes nothing. One about the
 * mesh may count on the rules about the model having passed.
 */
export interface Rule<Facts> {
  /** Kebab case, the file's name. */
  readonly name: string;
  /** Rules of its stage that go first: of two errors at one place the first is shown. */
  readonly after?: readonly string[];
  /** It supposes other plans, and is not asked about those. */
  readonly supposes?: true;
  check(facts: Facts): Iterable<Diagnostic>;
}

/** Runs rules in order. Every rule runs, so that one run shows every mistake, and none says one thing thousands of times. */
export function runRules<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Diagnostic[] {
  return rules.flatMap((rule) => cappedByCode(rule.check(facts)));
}

/**
 * One mistake, one message: of several errors at exactly the same place the first stays, and no warning or note beside
 * it. Rules stand in the order in which a reader would want to hear about them.
 */
export function oncePerPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const first = new Map<string, Diagnostic>();
  const placeOf = ({ location }: Diagnostic) => JSON.stringify(location);
  for (const diagnostic of diagnostics) {
    const place = placeOf(diagnostic);
    if (diagnostic.severity === "error" && !first.has(place)) first.set(place, diagnostic);
  }
  return diagnostics.filter((diagnostic) => (first.get(placeOf(diagnostic)) ?? diagnostic) === diagnostic);
}
