import { expect, test } from "vitest";
import { identifier } from "../../src/text/python.ts";
import { runPython } from "./programs.ts";

test("names pass, anything else is refused, Python's keywords too", () => {
  expect(["max_length", "NCCL_DEBUG", "_x1"].map(identifier)).toEqual(["max_length", "NCCL_DEBUG", "_x1"]);
  const keywords: string[] = JSON.parse(runPython("import json, keyword; print(json.dumps(keyword.kwlist))"));
  for (const name of [...keywords, "", "1a", "a-b", "a b", "a=b", "é", undefined]) {
    expect(() => identifier(name as never), name).toThrow("cannot be written as an identifier");
  }
});
