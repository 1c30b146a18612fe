import { isList } from "./literal.ts";
import { yaml } from "./yaml.ts";

const noteMark: unique symbol = Symbol("note");

/** A value with what is to be said above it. */
interface Noted {
  readonly [noteMark]: { readonly text: string; readonly value: Value };
}

type Scalar = null | boolean | number | string;
type Value = Scalar | readonly (Block | undefined)[] | Mapping;

/** What is undefined is left out. */
export interface Mapping {
  readonly [key: string]: Block | undefined;
}

/** What a document is made of. */
export type Block = Value | Noted;

/** A value under a comment that says why it is as it is. */
export function noted(text: string, value: Value): Noted {
  return { [noteMark]: { text, value } };
}

const width = 120;

/** YAML documents over many lines, below a comment; lists of scalars stay on one line. */
export function yamlDocuments(head: string, documents: readonly Mapping[]): string {
  const texts = documents.map((document) => oneLine(document) ?? linesOf(document, "").join("\n"));
  return `${comment(head, "").join("\n")}\n${texts.join("\n---\n")}\n`;
}

/** The lines of a list or a mapping. */
function linesOf(tree: readonly (Block | undefined)[] | Mapping, indent: string): string[] {
  return isList(tree)
    ? tree.flatMap((item) => (item === undefined ? [] : itemOf(item, indent)))
    : Object.entries(tree).flatMap(([key, item]) => (item === undefined ? [] : entryOf(key, item, indent)));
}

function itemOf(item: Block, indent: string): string[] {
  const { above, value } = opened(item, indent);
  const line = oneLine(value);
  if (line !== undefined) return [...above, `${indent}- ${line}`];
  const own = linesOf(value as Mapping, `${indent}  `);
  const first = own.findIndex((text) => !text.trimStart().startsWith("#"));
  const notes = own.slice(0, first).map((text) => text.slice(2));
  return [...above, ...notes, `${indent}- ${own[first]?.trimStart()}`, ...own.slice(first + 1)];
}

function entryOf(key: string, item: Block, indent: string): string[] {
  const { above, value } = opened(item, indent);
  const start = `${indent}${yaml(key)}:`;
  const line = oneLine(value);
  if (line !== undefined) return [...above, `${start} ${line}`];
  return [...above, start, ...linesOf(value as Mapping, `${indent}  `)];
}

/** A scalar, a list of scalars, or what is empty; undefined for anything that takes lines of its own. */
function oneLine(value: Value): string | undefined {
  if (typeof value !== "object" || value === null) return yaml(value);
  const items: readonly (Block | undefined)[] = isList(value) ? value : Object.values(value);
  const scalars = items.filter((item) => typeof item !== "object" || item === null) as (Scalar | undefined)[];
  const there = scalars.filter((item) => item !== undefined);
  if (scalars.length < items.length || (!isList(value) && there.length > 0)) return undefined;
  const line = isList(value) ? yaml(there) : "{}";
  return line.length < width ? line : undefined;
}

function opened(block: Block, indent: string): { readonly above: string[]; readonly value: Value } {
  if (typeof block !== "object" || block === null || !(noteMark in block)) return { above: [], value: block as Value };
  const { text, value } = (block as Noted)[noteMark];
  return { above: comment(text, indent), value };
}

/** Comment lines, broken at spaces; a line end in the text begins a new one, as does what has no space. */
function comment(text: string, indent: string): string[] {
  const most = width - indent.length - 2;
  const words = new RegExp(`(?! ).{1,${most}}(?= |$)|[^ ]+`, "g");
  return text.split("\n").flatMap((line) => {
    const parts = line.length <= most ? [line] : (line.match(words) ?? []);
    return parts.map((part) => `${indent}# ${part}`.trimEnd());
  });
}
