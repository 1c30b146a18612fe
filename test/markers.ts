import type { Diagnostic } from "../src/diagnostics/diagnostic.ts";
import { Lines } from "../src/text/lines.ts";
import type { Location, Range } from "../src/text/location.ts";

/** A test's source text whose places are marked «like this» inside it. */
export interface Marked {
  readonly text: string;
  readonly ranges: readonly Range[];
}

/** Takes the marks out of a text and remembers what they covered, in order of their starts. */
export function marked(source: string): Marked {
  let text = "";
  const spans: { start: number; end: number }[] = [];
  const open: { start: number; end: number }[] = [];
  for (const character of source) {
    if (character === "«") {
      const span = { start: text.length, end: text.length };
      spans.push(span);
      open.push(span);
    } else if (character === "»") {
      const span = open.pop();
      if (span === undefined) throw new Error("a mark ends that never began");
      span.end = text.length;
    } else text += character;
  }
  const lines = new Lines(text);
  return { text, ranges: spans.map((span) => lines.range(span)) };
}

/** `code message` and the place of every diagnostic, for comparison in one go. */
export function told(diagnostics: readonly Diagnostic[]): { readonly what: string; readonly range: Range }[] {
  return diagnostics.map(({ code, message, location }) => ({ what: `${code} ${message}`, range: location.range }));
}

/** The text that a location covers. */
export function covered(text: string, { range }: Location): string {
  const lines = text.split("\n");
  if (range.start.line === range.end.line) {
    return lines[range.start.line]?.slice(range.start.character, range.end.character) ?? "";
  }
  const first = lines[range.start.line]?.slice(range.start.character) ?? "";
  const last = lines[range.end.line]?.slice(0, range.end.character) ?? "";
  return [first, ...lines.slice(range.start.line + 1, range.end.line), last].join("\n");
}
