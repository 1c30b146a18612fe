import type { Location, Position } from "../../text/location.ts";
import { visible } from "../../text/visible.ts";
import type { Fix } from "../diagnostic.ts";
import { crop } from "./crop.ts";
import { type Look, paint } from "./look.ts";

/** The text that stands in the place of a diagnostic when the fix is applied; undefined for a fix that does more than that. */
export function inPlace({ edits }: Fix, location: Location): string | undefined {
  const [edit, ...others] = edits;
  if (edit === undefined || others.length > 0 || edit.newText.includes("\n")) return undefined;
  const isSame = edit.file === location.file && JSON.stringify(edit.range) === JSON.stringify(location.range);
  const onOneLine = edit.range.start.line === edit.range.end.line;
  return isSame && onOneLine ? visible(edit.newText) : undefined;
}

/** The lines that a fix changes, before and after: what a diff would show. */
export function changedLines({ edits }: Fix, sources: ReadonlyMap<string, string>, look: Look): string[] {
  return [...new Set(edits.map(({ file }) => file))].flatMap((file) => {
    const text = sources.get(file);
    if (text === undefined) return [];
    const own = edits.filter((edit) => edit.file === file).sort((a, b) => compare(b.range.start, a.range.start));
    const lines = text.split("\n");
    const first = own.at(-1)?.range.start.line ?? 0;
    const last = Math.max(...own.map(({ range }) => range.end.line));
    let after = lines.slice(first, last + 1).join("\n");
    for (const { range, newText } of own) {
      const [from, to] = [range.start, range.end].map((at) => offsetIn(after, at.line - first, at.character));
      after = after.slice(0, from) + newText + after.slice(to);
    }
    const was = lines.slice(first, last + 1).filter((line) => !after.split("\n").includes(line));
    const is = after.split("\n").filter((line) => !lines.slice(first, last + 1).includes(line));
    const row = (sign: string, role: "error" | "fix") => (line: string) =>
      paint(look, role, `  ${sign} ${cropped(line.replace(/\r$/, ""), look.width - 6)}`);
    return [...was.map(row("-", "error")), ...is.map(row("+", "fix"))];
  });
}

function cropped(line: string, width: number): string {
  return crop(line, 0, width)
    .map(({ shown }) => shown)
    .join("");
}

function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

function offsetIn(text: string, line: number, character: number): number {
  return text
    .split("\n")
    .slice(0, line)
    .reduce((offset, before) => offset + before.length + 1, character);
}
