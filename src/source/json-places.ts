import type { Span } from "../text/location.ts";
import type { Path } from "./path.ts";
import type { Spot } from "./source.ts";

/** A value of a JSON text and where it stands. */
export interface Place extends Span {
  /** Of an object: key → the key's own span and the value's place; of a key written twice the last one. */
  readonly members?: ReadonlyMap<string, Member>;
  readonly items?: readonly Place[];
}

interface Member {
  readonly key: Span;
  readonly value: Place;
}

export interface Places {
  readonly root: Place;
  readonly repeated: readonly Repeated[];
}

/** A key written again in the same mapping, and where it stands first. */
export interface Repeated extends Span {
  readonly name: string;
  readonly first: Span;
}

/** Where everything stands in a text that a JSON parser has accepted: nothing is judged here. */
export function placesOf(text: string): Places {
  const repeated: Repeated[] = [];
  let at = 0;
  const skip = (pattern: RegExp): Span => {
    pattern.lastIndex = at;
    const start = at;
    pattern.test(text);
    at = pattern.lastIndex;
    return { start, end: at };
  };
  const entries = (each: () => void): void => {
    at++;
    for (skip(space); !/[\]}]/.test(text[at] ?? "]"); skip(separator)) each();
    at++;
  };
  const value = (): Place => {
    const start = at;
    if (text[at] === "[") {
      const items: Place[] = [];
      entries(() => items.push(value()));
      return { start, end: at, items };
    }
    if (text[at] !== "{") return skip(text[at] === '"' ? quoted : bare);
    const members = new Map<string, Member>();
    const firsts = new Map<string, Span>();
    entries(() => {
      const key = skip(quoted);
      const name: string = JSON.parse(text.slice(key.start, key.end));
      const first = firsts.get(name);
      if (first === undefined) firsts.set(name, key);
      else repeated.push({ ...key, name, first });
      skip(colon);
      members.set(name, { key, value: value() });
    });
    return { start, end: at, members };
  };
  skip(space);
  return { root: value(), repeated };
}

const space = /[ \t\r\n]*/y;
const separator = /[ \t\r\n]*,?[ \t\r\n]*/y;
const colon = /[ \t\r\n]*:[ \t\r\n]*/y;
const quoted = /"(?:[^"\\]|\\.)*"/y;
const bare = /[^ \t\r\n,\]}]+/y;

/** Follows a path as far as it goes. */
export function placeAt(
  root: Place,
  path: Path,
): { readonly value: Place; readonly key: Span | undefined; readonly complete: boolean } {
  let found: { value: Place; key: Span | undefined } = { value: root, key: undefined };
  for (const step of path) {
    const item = typeof step === "number" ? found.value.items?.[step] : undefined;
    const next = item === undefined ? found.value.members?.get(String(step)) : { value: item, key: undefined };
    if (next === undefined) return { ...found, complete: false };
    found = next;
  }
  return { ...found, complete: true };
}

/** What stands at an offset: an entry's key or value, or the collection that a new entry would go into there. */
export function spotAt(place: Place, offset: number, path: Path = []): Spot {
  const members = [...(place.members ?? [])].map(([step, { key, value }]) => ({ step, key, value, start: key.start }));
  const items = (place.items ?? []).map((value, step) => ({ step, key: undefined, value, start: value.start }));
  const last = [...members, ...items].findLast(({ start }) => start <= offset);
  if (last === undefined || offset > last.value.end) return { path, part: "value" };
  const own = [...path, last.step];
  if (last.key !== undefined && offset <= last.key.end) return { path: own, part: "key" };
  return offset < last.value.start ? { path: own, part: "value" } : spotAt(last.value, offset, own);
}
