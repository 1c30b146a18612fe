import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** The most ranges of layers that a message lists. */
const most = 6;

/** `[3]` → "layer 3", `[0, 1, 2, 5]` → "layers 0 to 2 and 5". Ascending. */
export function layersInWords(layers: readonly number[]): string {
  return `${layers.length === 1 ? "layer" : "layers"} ${rangesOf(layers)}`;
}

/** `[0, 1, 2, 5]` → "0 to 2 and 5". */
export function rangesOf(layers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const layer of layers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === layer - 1) range.last = layer;
    else ranges.push({ first: layer, last: layer });
  }
  const shown = ranges.slice(0, most).flatMap(({ first, last }) => {
    if (last > first + 1) return [`${first} to ${last}`];
    return last > first ? [`${first}`, `${last}`] : [`${first}`];
  });
  const rest = ranges.slice(most).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return parts.length === 1 ? `${parts[0]}` : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** Of one kind of mistake, as many as a reader takes in; a broken checkpoint can have one for each of its tensors. */
const mostOfAKind = 5;

/** Reports the first of some mistakes of one kind, and how many more there are. */
export function few<Item>(
  items: readonly Item[],
  say: (item: Item) => Diagnostic,
  rest: (more: number) => Diagnostic,
): Diagnostic[] {
  const said = items.slice(0, items.length === mostOfAKind + 1 ? mostOfAKind + 1 : mostOfAKind).map(say);
  return said.length < items.length ? [...said, rest(items.length - said.length)] : said;
}
