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
