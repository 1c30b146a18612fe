import type { Location, Range } from "../text/location.ts";

export type Severity = "error" | "warning" | "info";

/** A second place that a message speaks of: the config.json line that a plan disagrees with. */
export interface Related {
  readonly message: string;
  readonly location: Location;
}

export interface Edit {
  readonly file: string;
  readonly range: Range;
  readonly newText: string;
}

/** Text edits that mend the mistake; a title says what they do ("change ep_size to 8"). */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** One finding: a code of the catalogue, its message with the numbers filled in, and the place that caused it. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly location: Location;
  readonly related: readonly Related[];
  readonly help?: string;
  /** The known issue of the stack that it is about, by its id. */
  readonly issue?: string;
  readonly fixes: readonly Fix[];
}

/** What every stage returns: a value, absent when it could not be made, and what there is to say about the input. */
export interface Result<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** Collects diagnostics along a stage; `ok` is false once an error came in. */
export class Findings {
  readonly all: Diagnostic[] = [];

  add(...diagnostics: readonly Diagnostic[]): void {
    this.all.push(...diagnostics);
  }

  get ok(): boolean {
    return !hasErrors(this.all);
  }

  /** Adds a stage's diagnostics and hands on its value. */
  take<T>(result: Result<T>): T | undefined {
    this.add(...result.diagnostics);
    return result.value;
  }
}

/** The fix that puts `text` in the place of what a location covers. */
export function replaceWith(location: Location, text: string | number, title = `change it to ${text}`): Fix {
  return { title, edits: [{ file: location.file, range: location.range, newText: String(text) }] };
}
