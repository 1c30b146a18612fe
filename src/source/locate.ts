import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { Related } from "../diagnostics/diagnostic.ts";
import type { Location } from "../text/location.ts";
import { entriesIn } from "./entries.ts";
import { dashOf, endOf, isNode, startOf } from "./nodes.ts";
import type { Path } from "./path.ts";
import { spotAt } from "./path-at.ts";
import type { Targets } from "./references.ts";
import type { Part, Source } from "./source.ts";

type At = (start: number, end: number) => Location;

/** Where a path leads: its key (none for list items and the root), its value, and the aliases on the way. */
interface Found {
  readonly key: Node | undefined;
  /** Of an item of a block list. */
  readonly dash?: () => number;
  readonly value: unknown;
  readonly aliases: readonly Node[];
}

/** The position half of a `Source`, over yaml's document. */
export function locator(
  document: Document,
  targets: Targets,
  text: string,
  at: At,
): Pick<Source, "has" | "at" | "pathAt" | "via" | "raw"> {
  const entriesOf = entriesIn(targets);
  const child = (parent: Found, step: string | number): Found | undefined => {
    let { value, aliases } = parent;
    if (isAlias(value)) {
      aliases = [...aliases, value];
      value = targets.get(value);
    }
    if (isSeq(value) && typeof step === "number") {
      if (!(step in value.items)) return undefined;
      const list = value;
      const item = { key: undefined, value: list.items[step], aliases };
      return list.flow === true ? item : { ...item, dash: () => dashOf(list, step, text) };
    }
    const entry = isMap(value) ? entriesOf(value).get(String(step)) : undefined;
    return entry && { ...entry, aliases: [...aliases, ...entry.aliases] };
  };
  const find = (path: Path): { readonly found: Found; readonly complete: boolean } => {
    let found: Found = { key: undefined, value: document.contents, aliases: [] };
    for (const step of path) {
      const next = child(found, step);
      if (next === undefined) return { found, complete: false };
      found = next;
    }
    return { found, complete: true };
  };
  const span = (node: Node): Location => at(startOf(node), endOf(node, text));
  return {
    has: (path) => find(path).complete,
    at: (path, part: Part = "value") => {
      const { found, complete } = find(path);
      const { key, value, dash } = found;
      if (part === "key" || !complete || isBlock(value) || isEmpty(value)) {
        if (key !== undefined) return span(key);
        const start = isBlock(value) || isEmpty(value) ? dash?.() : undefined;
        if (start !== undefined) return at(start, start + 1);
        if (isBlock(value) || !isNode(value)) return firstLine(document, text, at);
      }
      return isNode(value) ? span(value) : key === undefined ? firstLine(document, text, at) : span(key);
    },
    pathAt: (offset) => spotAt(document, text, Math.max(0, Math.min(offset, text.length))),
    raw: (path) => {
      const { found, complete } = find(path);
      const value = isAlias(found.value) ? targets.get(found.value) : found.value;
      const isPlain = isScalar(value) && ["number", "boolean"].includes(typeof value.value);
      return complete && isPlain && value.source !== String(value.value) ? value.source : undefined;
    },
    via: (path): readonly Related[] =>
      find(path).found.aliases.map((alias) => ({ message: "reached through this alias", location: span(alias) })),
  };
}

/** Block collections are shown by their key or dash: the whole block would underline half the file. */
function isBlock(value: unknown): boolean {
  return (isMap(value) || isSeq(value)) && value.flow !== true;
}

/** `key:` with nothing after it. */
function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]);
}

function firstLine(document: Document, text: string, at: At): Location {
  const start = document.contents?.range?.[0] ?? 0;
  const end = text.indexOf("\n", start);
  return at(start, start + text.slice(start, end === -1 ? text.length : end).trimEnd().length);
}
