import type { Fix } from "../src/diagnostics/diagnostic.ts";

/** A text with a fix's edits of its file made. Edits do not overlap, so the last goes first. */
export function applied(text: string, { edits }: Fix): string {
  const offset = ({ line, character }: { line: number; character: number }) =>
    text
      .split("\n")
      .slice(0, line)
      .reduce((sum, before) => sum + before.length + 1, character);
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}
