import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isHubId, mayBeHubId } from "../../src/plan/hub-id.ts";
import { python } from "../python.ts";

const names = [
  [
    "Qwen/Qwen3-30B-A3B",
    "gpt2",
    "_a/b_",
    "org/wiki-1.0",
    "a/b.git",
    "a/b--c",
    "a/b..c",
    "a/.b",
    "a/b.",
    "-a/b",
    "a/b-",
  ],
  ["", "/", ".", "..", "~", "./a", "../a", "~/a", "/a/b", "a/b/c", "a/", "/a", "a//b", ".hidden/a", "a b/c", "a/b c"],
  [
    "a".repeat(96),
    "a".repeat(97),
    `${"a".repeat(96)}/b`,
    `${"a".repeat(97)}/b`,
    `a/${"b".repeat(97)}`,
    "a/b\n",
    "\na/b",
  ],
].flat();

const script = `
import json, sys
from huggingface_hub.utils import HFValidationError, validate_repo_id
def accepts(name):
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return True
print(json.dumps([accepts(name) for name in json.load(sys.stdin)]))
`;

test("names are told apart as huggingface_hub does", () => {
  const piece = fc.constantFrom("a", "B", "7", "_", "-", ".", "/", "git", ".git", " ", "~");
  const random = fc.sample(fc.array(piece, { maxLength: 7 }), { numRuns: 3000, seed: 14 }).map((all) => all.join(""));
  const asked = [...names, ...random];
  const accepted: boolean[] = JSON.parse(
    execFileSync(python, ["-c", script], { input: JSON.stringify(asked), encoding: "utf8" }),
  );
  expect(asked.filter(mayBeHubId)).toEqual(asked.filter((_, index) => accepted[index]));
  expect(asked.filter(isHubId)).toEqual(asked.filter((name, index) => accepted[index] && name.includes("/")));
  expect([accepted.includes(true), accepted.includes(false)]).toEqual([true, true]);
});
