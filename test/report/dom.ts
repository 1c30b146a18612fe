/** A page as a browser's own parser reads it: parse5, which implements the standard's. */
import { type DefaultTreeAdapterTypes, parse } from "parse5";

export type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.ChildNode;

export interface Dom {
  readonly elements: readonly Element[];
  /** What the standard calls a parse error. */
  readonly errors: readonly string[];
}

export function domOf(page: string): Dom {
  const errors: string[] = [];
  const document = parse(page, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine }) => errors.push(`${code} on line ${startLine}`),
  });
  return { elements: below(document.childNodes), errors };
}

function below(nodes: readonly Node[]): Element[] {
  return nodes.flatMap((node) => ("tagName" in node ? [node, ...below(node.childNodes)] : []));
}

/** The elements of a name inside of one. */
export function inside(element: Element, name: string): Element[] {
  return below(element.childNodes).filter(({ tagName }) => tagName === name);
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

export function textOf(element: Element): string {
  return element.childNodes
    .map((node) => ("value" in node ? node.value : "tagName" in node ? textOf(node) : ""))
    .join("")
    .trim();
}

/** The exact number of a cell, or its text. */
function cellOf(cell: Element): number | string {
  const [data] = inside(cell, "data");
  return data === undefined ? textOf(cell) : Number(attribute(data, "value"));
}

/** The table of a caption: its head, and its rows as numbers and texts. */
export function tableOf({ elements }: Dom, caption: string) {
  const table = elements.find(
    (each) => each.tagName === "table" && inside(each, "caption").some((title) => textOf(title) === caption),
  );
  if (table === undefined) throw new Error(`no table is called ${caption}`);
  const [head, ...rows] = inside(table, "tr").map((row) =>
    row.childNodes.flatMap((cell) => ("tagName" in cell ? [cellOf(cell)] : [])),
  );
  return { head: head ?? [], rows };
}
