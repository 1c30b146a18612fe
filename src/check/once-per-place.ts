import type { Diagnostic } from "../diagnostics/diagnostic.ts";

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
