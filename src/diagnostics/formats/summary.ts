import { andList, plural } from "../../text/words.ts";
import type { Diagnostic } from "../diagnostic.ts";

export interface Count {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

export function countOf(diagnostics: readonly Diagnostic[]): Count {
  const count = (severity: string) => diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  return { errors: count("error"), warnings: count("warning"), infos: count("info") };
}

/** "2 errors and 1 warning"; empty when there is nothing to count. */
export function countInWords({ errors, warnings, infos }: Count): string {
  const parts = [
    errors > 0 ? plural(errors, "error") : "",
    warnings > 0 ? plural(warnings, "warning") : "",
    infos > 0 ? plural(infos, "note") : "",
  ];
  return andList(parts.filter((part) => part !== ""));
}
