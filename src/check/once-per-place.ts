import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/**
 * One mistake, one message: of several errors at exactly the same place the first stays. Rules stand in the order in
 * which a reader would want to hear about them.
 */
export function oncePerPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    if (diagnostic.severity !== "error") return true;
    const place = JSON.stringify(diagnostic.location);
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}
