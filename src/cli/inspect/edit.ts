import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../../plan/plan.ts";
import type { LayoutName } from "../../plan/types.ts";
import { parseYaml } from "../../source/yaml.ts";
import type { Position } from "../../text/location.ts";

/** A change of one text: what stands between two offsets becomes something else. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text of the file that holds a plan's model section, with `layout` set in it. */
export interface Edited {
  readonly file: string;
  readonly text: string;
}

/**
 * Sets `model.layout` and leaves every other character as it is. Undefined where no small change has exactly that effect:
 * each is tried out, and the text read again.
 */
export function withLayout(plan: Plan, layout: LayoutName): Edited | undefined {
  const { written } = plan;
  const file = written.fileOf("model.layout");
  const source = written.sources.find((each) => each.file === file);
  if (source === undefined) return undefined;
  const { text } = source;
  const wanted = structuredClone(source.value) as Record<string, unknown>;
  const section = written.sources[0] === source ? (wanted["model"] as Record<string, unknown>) : wanted;
  section["layout"] = layout;
  for (const { start, end, text: added } of changes(plan, text, layout)) {
    const edited = text.slice(0, start) + added + text.slice(end);
    if (isDeepStrictEqual(parseYaml(file, edited).value?.value, wanted)) return { file, text: edited };
  }
  return undefined;
}

function* changes({ written }: Plan, text: string, layout: LayoutName): Generator<Change> {
  if (written.has("model.layout")) {
    const { range } = written.at("model.layout");
    const [start, end] = [offsetOf(text, range.start), offsetOf(text, range.end)];
    const quote = /^["']/.exec(text.slice(start, end))?.[0] ?? "";
    yield { start, end, text: `${quote}${layout}${quote}` };
    return;
  }
  const neighbour =
    ["model.revision", "model.checkpoint", "model.config"].find((key) => written.has(key)) ?? "model.config";
  const key = offsetOf(text, written.at(neighbour, "key").range.start);
  const after = offsetOf(text, written.at(neighbour).range.end);
  // A line of its own below the neighbour's, behind whose comment it stands.
  const indent = text.slice(text.lastIndexOf("\n", key - 1) + 1, key);
  const lineEnd = text.indexOf("\n", after) === -1 ? text.length : text.indexOf("\n", after);
  const isCarriage = text[lineEnd - 1] === "\r";
  const at = isCarriage ? lineEnd - 1 : lineEnd;
  if (/^ *$/.test(indent)) yield { start: at, end: at, text: `${isCarriage ? "\r" : ""}\n${indent}layout: ${layout}` };
  // In a mapping between braces, as JSON where the plan is JSON.
  const pair = text[key] === '"' ? `"layout": "${layout}"` : `layout: ${layout}`;
  yield { start: after, end: after, text: `, ${pair}` };
}

function offsetOf(text: string, { line, character }: Position): number {
  let start = 0;
  for (let number = 0; number < line; number++) start = text.indexOf("\n", start) + 1;
  return start + character;
}
