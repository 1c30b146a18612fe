import { capped } from "../diagnostics/capped.ts";
import { PLN1003, PLN1004 } from "../diagnostics/catalogue/source.ts";
import type { Result } from "../diagnostics/diagnostic.ts";
import { Lines } from "../text/lines.ts";
import type { Location, Span } from "../text/location.ts";
import { placeAt, placesOf, spotAt } from "./json-places.ts";
import type { Path } from "./path.ts";
import type { Source } from "./source.ts";

/** Deeper than any config.json, far from what recursion can take. */
const maxDepth = 64;

/** Parses a config.json as Python's `json` does: JSON, with `NaN` and `Infinity` allowed, which real files contain. */
export function parseJson(file: string, text: string): Result<Source> {
  const lines = new Lines(text);
  const at = (span: Span) => ({ file, range: lines.range(span) });
  let value: unknown;
  try {
    value = JSON.parse(text.includes("NaN") || text.includes("Infinity") ? withoutSpecials(text) : text);
  } catch (error) {
    if (error instanceof RangeError) return deep(at({ start: 0, end: 0 }));
    const what = error instanceof Error ? error.message : String(error);
    const offset = offsetOf(what, text);
    const isCut = offset >= text.trimEnd().length;
    const words = isCut ? "the text ends in the middle of a value" : describe(what);
    const location = at({ start: offset, end: offset + 1 });
    return { value: undefined, diagnostics: [PLN1003(location, { what: words }, { variant: "json" })] };
  }
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return deep(at({ start: tooDeep, end: tooDeep + 1 }));
  const { root, repeated } = placesOf(text);
  if (repeated.length > 0) {
    return {
      value: undefined,
      diagnostics: capped(repeated, (span) => PLN1004(at(span), { key: span.name })),
    };
  }
  const find = (path: Path) => placeAt(root, path);
  return {
    value: {
      file,
      text,
      value,
      has: (path) => find(path).complete,
      at: (path, part = "value") => {
        const found = find(path);
        const isWhole = found.value.items !== undefined || found.value.members !== undefined;
        if (found.key !== undefined && (part === "key" || !found.complete || isWhole)) return at(found.key);
        return at(isWhole ? { start: found.value.start, end: found.value.start + 1 } : found.value);
      },
      pathAt: (offset) => spotAt(root, offset),
      via: () => [],
      raw: (path) => {
        const { value: place, complete } = find(path);
        const written = text.slice(place.start, place.end);
        return complete && /^-?\d/.test(written) && written !== String(Number(written)) ? written : undefined;
      },
    },
    diagnostics: [],
  };
}

function deep(location: Location): Result<Source> {
  return { value: undefined, diagnostics: [PLN1003(location, { limit: maxDepth }, { variant: "deep" })] };
}

/** Offset at which collections nest too deeply, before anything recursive reads the text. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > maxDepth) return index;
  }
  return undefined;
}

function withoutSpecials(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : "null"));
}

/** V8 says where in its message: "… at position 12", or nowhere when the text just ends. */
function offsetOf(message: string, text: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? text.trimEnd().length : Number(position);
}

function describe(message: string): string {
  if (/Unterminated/.test(message)) return "a text does not end";
  const token = /Unexpected token (.+?)(?:, | in JSON)/.exec(message)?.[1];
  if (token !== undefined) return `unexpected ${token.replace(/^'(.*)'$/, '"$1"')}`;
  if (/property name/.test(message)) return "a key in double quotes is expected";
  if (/after array element|after property value/.test(message))
    return "a comma or the end of the collection is expected";
  if (/control character/.test(message)) return "a control character stands in a text";
  if (/escaped character|Unicode escape/.test(message)) return "invalid escape in a text";
  return "the text is not JSON";
}
