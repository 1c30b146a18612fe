import { expect, test } from "vitest";
import { json } from "../../src/text/json.ts";
import { float } from "../../src/text/literal.ts";
import { comment, python } from "../../src/text/python.ts";
import { runPython } from "./programs.ts";
import { awkwardText, literal, sample } from "./values.ts";

/** Compares what Python makes of each literal with the JSON of the value, floats and whole numbers told apart. */
const compare = `
import ast, json, math, sys
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
    space = {}
    exec(f"x = {source}", space)
    for got in (ast.literal_eval(source), space["x"]):
        if not same(got, value):
            sys.exit(f"{source} is {got!r}, not {value!r}")
print(len(cases))
`;

test("Python reads every literal as the value that was written", () => {
  const values = sample(literal);
  const cases = values.map((value) => [python(value), value] as const);
  expect(runPython(compare, JSON.stringify(cases)).trim()).toBe(String(values.length));
});

test("numbers are floats or whole numbers as they were, and extremes are readable", () => {
  expect([1, 2e-5, 0.1, 1e-7, 1e22, 2 ** 53, -0].map((value) => python(value))).toEqual([
    "1",
    "0.00002",
    "0.1",
    "1.0e-7",
    "1.0e22",
    "9.007199254740992e15",
    "-0.0",
  ]);
  const program = `print(${python([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])})`;
  expect(runPython(program).trim()).toBe("[nan, inf, -inf]");
});

test("a float is spelled as its author did where Python and JSON read that number there", () => {
  const kept = ["2.0e-5", "1e-8", "0.90", "1.0", "-0.5", "5e+2", "1.50e10"];
  const other = ["1_000.5", ".5", "5.", "+1.5", "010.5", "0x1p3", "7", ".inf", "2.0e-6", "1.5 "];
  const spelled = kept.map((text) => [float(Number(text), text), text] as const);
  for (const [value, text] of spelled) expect([python(value), json(value)]).toEqual([text, text]);
  expect([python(float(1e-8, "1E-8")), json([float(1e-8, "1E-8")])]).toEqual(["1e-8", "[1e-8]"]);
  const values = [0.000_02, 7.5];
  for (const text of other) for (const value of values) expect(python(float(value, text))).toBe(python(value));
  const cases = spelled.map(([value, text]) => [python(value), Number(text)]);
  const program =
    "import ast, json, sys\nprint(all(ast.literal_eval(a) == b and type(ast.literal_eval(a)) is float for a, b in json.load(sys.stdin)))";
  expect(runPython(program, JSON.stringify(cases)).trim()).toBe("True");
});

test("quotes are the ones a formatter chooses", () => {
  expect([python("plain"), python('say "so"'), python("it's"), python("both \" and '")]).toEqual([
    '"plain"',
    "'say \"so\"'",
    '"it\'s"',
    '"both \\" and \'"',
  ]);
});

test("what is no data is refused", () => {
  expect(() => python(undefined as never)).toThrow("undefined cannot be written as Python");
  expect(() => python([Symbol.iterator] as never)).toThrow("cannot be written as Python");
});

test("a comment's text ends neither a comment nor a docstring", () => {
  const lines = sample(awkwardText).flatMap((text) => [`# ${comment(text)}`, `"""${comment(text)}."""`]);
  expect(runPython(`import sys\ncompile(sys.stdin.read(), "x", "exec")\nprint("fine")`, lines.join("\n")).trim()).toBe(
    "fine",
  );
  expect(lines.every((line) => /^[ -~]*$/.test(line))).toBe(true);
});

test("JSON is the same to Python and stays on few lines", () => {
  const values = sample(literal, 500);
  const program = "import json, sys\nprint(all(json.loads(a) == b for a, b in json.load(sys.stdin)))";
  const cases = values.map((value) => [json(value), value]);
  expect(runPython(program, JSON.stringify(cases)).trim()).toBe("True");
});
