import type { Edit } from "../diagnostics/diagnostic.ts";
import type { Position } from "../text/location.ts";
import type { Written } from "./plan.ts";

/**
 * The edit that writes keys into a section after one that stands there: on lines of their own in a block, behind a comma
 * between braces. `lines`: key and value as YAML, values that JSON takes too. Undefined where the neighbour is not written in
 * that section itself, as behind a merge key, or where its line holds more than the pair.
 */
export function addKeys(
  written: Written,
  section: string,
  neighbour: string,
  pairs: readonly (readonly [key: string, value: string | number])[],
): Edit | undefined {
  const path = [section, neighbour];
  const text = written.sources.find(({ file }) => file === written.fileOf(path))?.text;
  if (text === undefined || !written.has(path) || written.via(path).length > 0) return undefined;
  const location = written.at(path);
  const lines = text.split("\n");
  const key = written.at(path, "key").range.start;
  const { start, end } = location.range;
  // An empty value, or a block that begins below: there is nothing to stand behind.
  if (start.line === key.line && start.character === key.character) return undefined;
  const before = (lines[key.line] ?? "").slice(0, key.character);
  const after = (lines[end.line] ?? "").slice(end.character);
  const at = (place: Position, newText: string): Edit => ({
    file: location.file,
    range: { start: place, end: place },
    newText,
  });
  const isJson = (lines[key.line] ?? "")[key.character] === '"';
  if (/^ *$/.test(before) && !isJson) {
    if (start.line !== end.line || !/^\s*(#.*)?$/.test(after)) return undefined;
    const ends = (lines[end.line] ?? "").replace(/\r$/, "").length;
    const newline = after.endsWith("\r") ? "\r\n" : "\n";
    return at(
      { line: end.line, character: ends },
      pairs.map(([name, value]) => `${newline}${before}${name}: ${value}`).join(""),
    );
  }
  if (!isJson && !/[{,]\s*$/.test(before)) return undefined;
  const pairText = ([name, value]: (typeof pairs)[number]) =>
    isJson ? `"${name}": ${typeof value === "number" ? value : JSON.stringify(value)}` : `${name}: ${value}`;
  return at(end, pairs.map((pair) => `, ${pairText(pair)}`).join(""));
}
