import type { Location } from "../../text/location.ts";
import type { Diagnostic } from "../diagnostic.ts";

/** By file, then by place; what was said twice word for word (a config.json that two plans share) is said once. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .filter((diagnostic) => {
      const content = JSON.stringify(diagnostic);
      return !seen.has(content) && seen.add(content);
    })
    .sort((a, b) => compareLocations(a.location, b.location));
}

export function compareLocations(a: Location, b: Location): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  const [from, to] = [a.range.start, b.range.start];
  return from.line - to.line || from.character - to.character;
}
