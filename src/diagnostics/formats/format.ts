import type { Location } from "../../text/location.ts";
import { visible } from "../../text/visible.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Look } from "./look.ts";

/** What a run has to say. */
export interface Findings {
  /** In the order of `inOrder`. */
  readonly diagnostics: readonly Diagnostic[];
  /** File → text, for code frames. A file that is missing here is named without one. */
  readonly sources: ReadonlyMap<string, string>;
}

/** An output format: a pure function of the findings. Its text ends with a line end, or is empty. */
export type Format = (findings: Findings, look: Look) => string;

/** The docs page of a code, relative to planc's repository. */
export function urlOf(code: string): string {
  return `docs/diagnostics/${code}.md`;
}

/** `plans/qwen3-ep8.yaml:17:12`, lines and columns from one, as editors and terminals count when they open a place. */
export function placeOf({ file, range }: Location): string {
  return `${visible(file)}:${range.start.line + 1}:${range.start.character + 1}`;
}

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
