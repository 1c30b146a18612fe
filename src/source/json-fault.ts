import type { Span } from "../text/location.ts";

/** Where a text stops being JSON, and what is wrong there in words. */
export interface Fault extends Span {
  readonly what: string;
}

/**
 * The first thing in a text that no JSON has, `NaN` and `Infinity` apart; undefined where there is none. V8 tells where for
 * some mistakes only, and other engines in other words. Keeps its own stack, since nothing has judged the depth yet.
 */
export function faultIn(text: string): Fault | undefined {
  const open: ("{" | "[")[] = [];
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const fault = (what: string): Fault => {
    // Whatever was expected, nothing came.
    if (at >= text.trimEnd().length) {
      const end = text.trimEnd().length;
      return { start: end, end, what: "the text ends in the middle of a value" };
    }
    return { start: at, end: at + 1, what };
  };
  const key = (): Fault | undefined => {
    take(space);
    if (text[at] !== '"') return fault("a key in double quotes is expected");
    if (!take(quoted)) return inText(text, at);
    take(space);
    return take(/:/y) ? undefined : fault("a colon is expected");
  };
  for (;;) {
    take(space);
    const isEmpty = take(opening);
    if (isEmpty) {
      open.push(text[at - 1] === "{" ? "{" : "[");
      take(space);
      if (text[at] !== closingOf(open)) {
        const wrong = open.at(-1) === "{" ? key() : undefined;
        if (wrong !== undefined) return wrong;
        continue;
      }
    } else if (text[at] === '"') {
      if (!take(quoted)) return inText(text, at);
    } else if (!take(bare)) {
      const [word = ""] = text.slice(at, at + 40).match(/^(?:[\w.+-]+|.)/su) ?? [];
      const found = fault(`unexpected ${/^\w/.test(word) ? word : JSON.stringify(word)}`);
      return found.start === found.end ? found : { ...found, end: at + word.length };
    }
    // A value has ended, and with it all collections that close behind it.
    for (take(space); open.length > 0 && text[at] === closingOf(open); take(space)) {
      open.pop();
      at++;
    }
    if (open.length === 0) return at === text.length ? undefined : fault("something stands behind the value");
    if (!take(/,/y)) return fault("a comma or the end of the collection is expected");
    const wrong = open.at(-1) === "{" ? key() : undefined;
    if (wrong !== undefined) return wrong;
  }
}

/** What is wrong with the quoted text that begins at an offset. */
function inText(text: string, start: number): Fault {
  sound.lastIndex = start;
  sound.test(text);
  const at = sound.lastIndex;
  const control = text.charCodeAt(at) < 0x20;
  if (at >= text.length || (control && text.slice(at).trim() === "")) {
    const end = text.trimEnd().length;
    return { start: end, end, what: "the text ends in the middle of a value" };
  }
  if (control) return { start, end: at, what: "a control character stands in a text" };
  return { start: at, end: at + 2, what: "invalid escape in a text" };
}

function closingOf(open: readonly ("{" | "[")[]): "}" | "]" {
  return open.at(-1) === "{" ? "}" : "]";
}

const space = /[ \t\r\n]*/y;
const opening = /[[{]/y;
const quoted = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
/** A quoted text as far as it is one. */
const sound = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
const bare = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)(?![\w.+-])/y;
