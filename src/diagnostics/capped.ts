import { count as inWords } from "../text/words.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** Mistakes of one kind that are told one by one. Who has made more of them has made one mistake many times. */
export const mostOfAKind = 20;

/**
 * A diagnostic for each of the first mistakes of a kind, and one that counts the others and stands where they begin. Only what
 * is told is explained: suggestions are not sought thousands of times.
 */
export function capped<Mistake>(
  mistakes: readonly Mistake[],
  explain: (mistake: Mistake) => Diagnostic,
  kindOf: (mistake: Mistake) => string = () => "",
): Diagnostic[] {
  const total = new Map<string, number>();
  for (const mistake of mistakes) total.set(kindOf(mistake), (total.get(kindOf(mistake)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return mistakes.flatMap((mistake) => {
    const kind = kindOf(mistake);
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    const others = (total.get(kind) ?? 0) - mostOfAKind;
    // One more is as easily told as counted.
    if (others <= 1 || before < mostOfAKind) return [explain(mistake)];
    return before === mostOfAKind ? [more(explain(mistake), others)] : [];
  });
}

/** Those of each code, in their order. */
export function cappedByCode(diagnostics: Iterable<Diagnostic>): Diagnostic[] {
  return capped(
    [...diagnostics],
    (diagnostic) => diagnostic,
    ({ code }) => code,
  );
}

function more({ code, severity, location }: Diagnostic, count: number): Diagnostic {
  return { code, severity, message: `and ${inWords(count)} more like it`, location, related: [], fixes: [] };
}
