import fc from "fast-check";
import { expect, test } from "vitest";
import { faultIn } from "../../src/source/json-fault.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const jsonish = fc.string({
  unit: fc.constantFrom(
    ...'[]{}",: \n\\u01e.-a\t',
    "null",
    "true",
    '"k":',
    '"x"',
    "12",
    "1.5e-3",
    "\\n",
    "\\u00e4",
    "\x7f",
    "\x00",
    "\ud800",
    "😀",
  ),
  maxLength: 14,
});

test("a text has a fault where JSON.parse refuses it, and nowhere else", () => {
  fc.assert(
    fc.property(fc.oneof(jsonish, fc.json()), fc.nat(), fc.string({ maxLength: 2 }), (text, at, more) => {
      const offset = at % (text.length + 1);
      for (const each of [text, text.slice(0, offset), text.slice(0, offset) + more + text.slice(offset)])
        expect([each, faultIn(each) === undefined]).toEqual([each, isJson(each)]);
    }),
    { numRuns: 5000 },
  );
});

test("what Python's json takes beyond JSON is none", () => {
  expect(faultIn('{"a": [NaN, Infinity, -Infinity]}')).toBeUndefined();
  expect(faultIn("NaNs")?.what).toBe("unexpected NaNs");
  expect(faultIn(`${"[".repeat(100_000)}x`)?.start).toBe(100_000);
});
