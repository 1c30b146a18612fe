import type { Edit } from "../diagnostics/diagnostic.ts";
import { addKeys } from "./add-keys.ts";
import type { Written } from "./plan.ts";

/**
 * The edits that give keys of a section other values: in the place of those that are written there, else behind one of
 * `neighbours` that is. Undefined where text alone does not do it, as where a section is not written at all.
 */
export function setKeys(
  written: Written,
  section: string,
  pairs: readonly (readonly [key: string, value: string | number])[],
  neighbours: readonly string[],
): readonly Edit[] | undefined {
  const isThere = ([key]: (typeof pairs)[number]) => written.has([section, key]);
  const there = pairs.filter(isThere);
  const missing = pairs.filter((pair) => !isThere(pair));
  // A value that an alias or a merge key brings stands in other places too.
  if (there.some(([key]) => written.via([section, key]).length > 0)) return undefined;
  const replaced = there.map(([key, value]): Edit => {
    const { file, range } = written.at([section, key]);
    return { file, range, newText: String(value) };
  });
  if (missing.length === 0) return replaced;
  for (const neighbour of neighbours) {
    const added = addKeys(written, section, neighbour, missing);
    if (added !== undefined && !replaced.some((edit) => touches(edit, added))) return [...replaced, added];
  }
  return undefined;
}

/** Whether two edits meet at a place, so that their order would matter. */
function touches({ range }: Edit, other: Edit): boolean {
  const [end, start] = [range.end, other.range.start];
  return end.line === start.line && end.character === start.character;
}
