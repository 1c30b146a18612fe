/**
 * The way back from an offset of YAML to what stands there, for an editor. It follows the parsed document down: the
 * offset is in or behind the last entry of a collection that begins before it.
 */
import { type Document, isAlias, isMap, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import { dashOf, endOf, isMerge, isNode, keyOf, startOf } from "./nodes.ts";
import type { Path } from "./path.ts";
import type { Spot } from "./source.ts";

type Collection = YAMLMap | YAMLSeq;

/** An entry of a collection; only those of mappings have keys. A merge key has the path of the mapping it adds to. */
interface Entry {
  readonly start: number;
  readonly path: Path;
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

export function spotAt(document: Document, text: string, offset: number): Spot {
  const root = document.contents;
  return isCollection(root) ? within(root, [], new Cursor(text, offset)) : { path: [], part: "value" };
}

/** Where an editor's cursor stands. */
class Cursor {
  private readonly lineStart: number;
  /** Column of a key written here; undefined on lines that hold something besides white space and a comment. */
  private readonly indent: number | undefined;

  constructor(
    readonly text: string,
    readonly offset: number,
  ) {
    this.lineStart = this.lineOf(offset);
    const [line = ""] = text.slice(this.lineStart).match(/^[^\r\n]*/) ?? [];
    const free = /^[ \t]*(?=#|$)/.exec(line)?.[0].length;
    this.indent = free === undefined ? undefined : Math.min(offset - this.lineStart, free);
  }

  /** Whether `start` is on the cursor's line, or else is what a key written here would be a part of. */
  isPartOf(start: number): boolean {
    if (start >= this.lineStart) return true;
    return this.indent !== undefined && this.indent > start - this.lineOf(start);
  }

  /** Whether the cursor is in what lies between two offsets, or on the line of the second. */
  isIn(start: number, end: number): boolean {
    if (this.indent !== undefined && start < this.lineStart) return this.isPartOf(start);
    return this.offset <= end || end >= this.lineStart;
  }

  private lineOf(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf("\n", offset - 1) + 1;
  }
}

function within(collection: Collection, path: Path, cursor: Cursor): Spot {
  const { text, offset } = cursor;
  const here: Spot = { path, part: "value" };
  const entry = lastEntry(collection, path, cursor);
  if (entry === undefined) return here;
  const { start, key, value } = entry;
  const spot: Spot = { path: entry.path, part: "value" };
  if (key !== undefined && offset <= endOf(key, text)) return entry.path === path ? here : { ...spot, part: "key" };
  const isFlow = collection.flow === true;
  if (value === undefined || startOf(value) === endOf(value, text)) {
    const between = text.slice(key === undefined ? start : endOf(key, text), offset);
    if (isFlow) return between.includes(":") && !between.includes(",") ? spot : here;
    return (value !== undefined || between.includes(":")) && cursor.isPartOf(start) ? spot : here;
  }
  if (offset < startOf(value)) return isFlow || cursor.isPartOf(start) ? spot : here;
  if (isCollection(value) && (value.flow ? offset <= endOf(value, text) : cursor.isIn(start, endOf(value, text)))) {
    return within(value, entry.path, cursor);
  }
  return offset <= endOf(value, text) && !isCollection(value) && entry.path !== path ? spot : here;
}

/** The last entry that begins at the cursor or before. */
function lastEntry(collection: Collection, path: Path, { text, offset }: Cursor): Entry | undefined {
  if (isMap(collection)) {
    const pair = collection.items.findLast(({ key }) => isNode(key) && startOf(key) <= offset);
    if (pair === undefined || !isNode(pair.key)) return undefined;
    const own = isMerge(pair) ? path : [...path, keyOf(pair) ?? ""];
    return { start: startOf(pair.key), path: own, key: pair.key, value: isNode(pair.value) ? pair.value : undefined };
  }
  const starts = collection.items.map((item, index) => {
    if (collection.flow !== true) return dashOf(collection, index, text);
    return isNode(item) ? startOf(item) : 0;
  });
  const index = starts.findLastIndex((start) => start <= offset);
  const [start, value] = [starts[index], collection.items[index]];
  if (start === undefined || !isNode(value)) return undefined;
  return { start, path: [...path, index], key: undefined, value };
}

function isCollection(node: unknown): node is Collection {
  return !isAlias(node) && (isMap(node) || isSeq(node));
}
