import { expect, test } from "vitest";
import { json } from "../../src/text/json.ts";
import { literal, sample } from "./values.ts";

test("parses to what was written", () => {
  for (const value of sample(literal)) expect(JSON.parse(json(value))).toEqual(JSON.parse(JSON.stringify(value)));
});

test("what holds no list or object stays on one line, keys in the order given", () => {
  const layers = Array.from({ length: 61 }, (_, index) => index);
  const long = "x".repeat(120);
  expect(
    json({ b: [1, 2], a: { shape: [], none: {}, gone: undefined }, layers, rows: [{ x: null, y: 1 }], long: [long] }),
  ).toBe(
    `{
  "b": [1, 2],
  "a": {
    "shape": [],
    "none": {}
  },
  "layers": [${layers.join(", ")}],
  "rows": [
    { "x": null, "y": 1 }
  ],
  "long": [
    "${long}"
  ]
}`,
  );
});

test("what JSON has not is refused", () => {
  expect(() => json([Number.NaN])).toThrow("NaN cannot be written as JSON");
  expect(() => json([undefined])).toThrow("undefined cannot be written as JSON");
});
