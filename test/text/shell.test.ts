import { expect, test } from "vitest";
import { shell, variable } from "../../src/text/shell.ts";
import { run } from "./programs.ts";
import { awkwardText, sample } from "./values.ts";

const words = sample(awkwardText)
  .map((text) => text.replaceAll("\0", ""))
  .filter((text) => !/\p{Cs}/u.test(text));

test("bash hands on every word as it was written, as an argument and in an assignment", () => {
  const script = words.flatMap((word) => [`printf '%s\\0' ${shell(word)}`, `x=${shell(word)}; printf '%s\\0' "$x"`]);
  const printed = run("bash", ["-c", 'eval "$(cat)"'], script.join("\n")).split("\0").slice(0, -1);
  expect(printed).toEqual(words.flatMap((word) => [word, word]));
});

test("a list is words with spaces between", () => {
  const printed = run("bash", ["-c", 'eval "$(cat)"'], `printf '%s\\0' ${shell(words)}`)
    .split("\0")
    .slice(0, -1);
  expect(printed).toEqual(words);
  expect(shell(["--nproc_per_node", 8, "train.py", "a b"])).toBe("--nproc_per_node 8 train.py 'a b'");
});

test("what no shell can hold is refused", () => {
  for (const value of ["a\0b", "\ud800", 1.5, undefined, null, true]) {
    expect(() => shell(value as never), String(value)).toThrow("cannot be written as a shell word");
  }
});

test("a variable's name is written as it is, or not at all", () => {
  const names = ["NCCL_DEBUG", "_x1", "if", "lambda", "None"];
  const script = `${names.map((name) => `export ${variable(name)}=1`).join("\n")}\nenv`;
  const set = run("bash", ["-c", 'eval "$(cat)"'], script).split("\n");
  expect(set).toEqual(expect.arrayContaining(names.map((name) => `${name}=1`)));
  for (const name of ["", "1a", "a-b", "a b", "a=b", "a[0]", "é", undefined]) {
    expect(() => variable(name as never), name).toThrow("cannot be written as a variable's name");
  }
});
