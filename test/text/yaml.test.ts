import { expect, test } from "vitest";
import { parse } from "yaml";
import { yaml } from "../../src/text/yaml.ts";
import { runPython } from "./programs.ts";
import { literal, sample } from "./values.ts";

const values = sample(literal);

test("PyYAML reads every value as it was written, floats as floats", () => {
  const program = `
import json, math, sys, yaml
cases = json.load(sys.stdin)
def same(a, b):
    if {type(a), type(b)} == {int, float}:
        # JSON has one kind of number: beyond 2**53 a float is written there as a whole number, and -0.0 as 0
        return float(a) == float(b) and (abs(b) >= 2**53 or (b == 0 and math.copysign(1, a) < 0))
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b
for source, value in cases:
    got = yaml.safe_load(f"x: {source}")["x"]
    if not same(got, value):
        sys.exit(f"{source} is {got!r}, not {value!r}")
print(len(cases))
`;
  const cases = values.map((value) => [yaml(value), value]);
  expect(runPython(program, JSON.stringify(cases)).trim()).toBe(String(values.length));
});

test("the yaml package reads the same, as YAML 1.2 and 1.1", () => {
  for (const value of values) {
    for (const version of ["1.2", "1.1"] as const) {
      expect(parse(`x: ${yaml(value)}`, { version }), yaml(value)).toEqual({ x: value });
    }
  }
});

test("a float keeps its dot and its sign, a word goes without quotes", () => {
  expect(yaml({ learning_rate: 1e-7, warmup: 0.1, path: "a/b.c", on: "off" })).toBe(
    '{ learning_rate: 1.0e-7, warmup: 0.1, path: a/b.c, "on": "off" }',
  );
  expect(yaml([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, true, []])).toBe(
    "[.nan, .inf, -.inf, null, true, []]",
  );
});

test("what is no data is refused", () => {
  expect(() => yaml({ x: undefined } as never)).toThrow("undefined cannot be written as YAML");
});
