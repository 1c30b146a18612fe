import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Of one kind of mistake, as many as a reader takes in; a broken checkpoint can have one for each of its tensors. */
const most = 5;

/** Reports the first of some mistakes of one kind, and how many more there are. */
export function few<Item>(
  items: readonly Item[],
  say: (item: Item) => Diagnostic,
  rest: (more: number) => Diagnostic,
): Diagnostic[] {
  const said = items.slice(0, items.length === most + 1 ? most + 1 : most).map(say);
  return said.length < items.length ? [...said, rest(items.length - said.length)] : said;
}
