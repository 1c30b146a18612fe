import { expect, test } from "vitest";
import { parse } from "yaml";
import { addKeys } from "../../src/plan/add-keys.ts";
import { writtenIn } from "../../src/plan/written.ts";
import { parseYaml } from "../../src/source/yaml.ts";
import { applied } from "../fixes.ts";

const pairs = [["save_steps", 50] as const, ["kind", "steps"] as const];

function added(text: string): string | undefined {
  const source = parseYaml("plan.yaml", text).value;
  if (source === undefined) throw new Error("no YAML");
  const edit = addKeys(writtenIn(source, new Map()), "sft", "max_steps", pairs);
  return edit === undefined ? undefined : applied(text, { title: "", edits: [edit] });
}

test.each([
  [
    "a block",
    "sft:\n  max_steps: 100\n  lr: 1\n",
    "sft:\n  max_steps: 100\n  save_steps: 50\n  kind: steps\n  lr: 1\n",
  ],
  [
    "the last line, without an end",
    "sft:\n  max_steps: 100",
    "sft:\n  max_steps: 100\n  save_steps: 50\n  kind: steps",
  ],
  ["a comment", "sft:\n  max_steps: 100 # few\n", "sft:\n  max_steps: 100 # few\n  save_steps: 50\n  kind: steps\n"],
  ["Windows", "sft:\r\n  max_steps: 100\r\n", "sft:\r\n  max_steps: 100\r\n  save_steps: 50\r\n  kind: steps\r\n"],
  ["braces", "sft: { max_steps: 100, lr: 1 }\n", "sft: { max_steps: 100, save_steps: 50, kind: steps, lr: 1 }\n"],
  ["JSON", '{"sft": {"max_steps": 100}}', '{"sft": {"max_steps": 100, "save_steps": 50, "kind": "steps"}}'],
  [
    "an alias",
    "a: &n 100\nsft: { max_steps: *n }\n",
    "a: &n 100\nsft: { max_steps: *n, save_steps: 50, kind: steps }\n",
  ],
  ["a merge key", "a: &n { max_steps: 100 }\nsft: { <<: *n }\n", undefined],
  ["an empty value", "sft:\n  max_steps:\n", undefined],
  ["an explicit key", "sft:\n  ? max_steps\n  : 100\n", undefined],
])("%s", (_, text, expected) => {
  const after = added(text);
  expect(after).toBe(expected);
  if (after !== undefined) expect(parse(after).sft).toMatchObject({ max_steps: 100, save_steps: 50, kind: "steps" });
});
