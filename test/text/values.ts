import fc from "fast-check";
import type { Literal } from "../../src/text/literal.ts";

const awkward = [
  "",
  " ",
  "'",
  '"',
  "'\"",
  '""\'',
  "\\",
  "\\'",
  "\n",
  "\r\n",
  "\t",
  "\0",
  "$(touch /tmp/x)",
  "`id`",
  "${HOME}",
  "~",
  "!!",
  "#",
  "a b",
  "a: b",
  "- a",
  "yes",
  "No",
  "null",
  "1e-7",
  "1_000",
  "0x10",
  "012",
  "12:30:45",
  "2026-11-23",
  "../up",
  "é",
  "模型",
  "😀",
  "\u0085",
  "\u00a0",
  "\u200b",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ufffe",
  "\ufffd",
  "*?[a]",
  "-n",
  "=",
  "{a,b}",
  "%s",
  "<%= x %>",
];
const surrogates = ["\ud800", "a\udc00b", "\udc00\ud800"];

/** Strings that quoting gets wrong. */
export const awkwardText = fc.oneof(
  fc.constantFrom(...awkward),
  fc.array(fc.constantFrom(...awkward), { maxLength: 4 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 20 }),
);

export const awkwardNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 1e-7, 2e-5, 1e21, 1e22, 2 ** 53, -(2 ** 60), 5e-324, Number.MAX_VALUE, 123456789012345680000),
);

/** Plain data with awkward strings as values and keys. */
export const literal: fc.Arbitrary<Literal> = fc.letrec<{ value: Literal }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    awkwardNumber,
    awkwardText,
    fc.constantFrom(...surrogates),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(awkwardText, tie("value")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).value;

/** Many values at once: starting an interpreter for each would take minutes. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count = 2000): T[] {
  return fc.sample(arbitrary, count);
}
