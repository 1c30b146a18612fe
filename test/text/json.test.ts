import { expect, test } from "vitest";
import { json } from "../../src/text/json.ts";
import { literal, sample } from "./values.ts";

test("parses to what was written", () => {
  for (const value of sample(literal)) expect(JSON.parse(json(value))).toEqual(JSON.parse(JSON.stringify(value)));
});

test("lists of numbers and words stay on one line, keys in the order given", () => {
  const layers = Array.from({ length: 61 }, (_, index) => index);
  expect(json({ b: [1, 2], a: { shape: [], none: {}, gone: undefined }, layers, rows: [{ x: null }] })).toBe(
    `{
  "b": [1, 2],
  "a": {
    "shape": [],
    "none": {}
  },
  "layers": [${layers.join(", ")}],
  "rows": [
    {
      "x": null
    }
  ]
}`,
  );
});

test("numbers that JSON has not are refused", () => {
  expect(() => json([Number.NaN])).toThrow("NaN is no JSON");
});
