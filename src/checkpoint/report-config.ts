import { PLN2122 } from "../diagnostics/catalogue/weights-form.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { replaceWith } from "../diagnostics/fix.ts";
import type { Source } from "../source/source.ts";
import type { Explanation } from "./explain.ts";

/** The keys of a config.json that the weights contradict, each at its place and with its fix. */
export function contradicted(source: Source, explanations: readonly Explanation[]): Diagnostic[] {
  return explanations.map(({ trace, have }) => {
    const { path, isWritten, value } = trace;
    const values = { key: path.join("."), said: words(value), have: words(have) };
    if (!isWritten && value === undefined) {
      const help = `write it: ${JSON.stringify(path.at(-1))}: ${values.have}`;
      return PLN2122(source.at(path.slice(0, -1)), values, { variant: "needed", help });
    }
    if (!isWritten) {
      return PLN2122(source.at(path.slice(0, -1)), values, { variant: "absent" });
    }
    const place = source.at(path);
    return PLN2122(place, values, { fixes: [replaceWith(place, JSON.stringify(have))] });
  });
}

function words(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
