import { expect, test } from "vitest";
import { parse } from "yaml";
import { compose } from "./compose.ts";
import { filesOf } from "./files.ts";
import { judge } from "./judge.ts";

const parts: readonly (readonly [string, string])[] = [
  ["nothing at all", ""],
  ["a comment", "# the reference plan\n"],
  ["a block, no line end behind it", "parallelism:\n  fsdp_size: 8"],
  [
    "required keys between blocks",
    "stack:\n  versions:\n    torch: 2.15.0 # pinned\n\n# machines\ncluster:\n  nodes: 1\n",
  ],
  ["braces", "model: { checkpoint: org/name, revision: 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 }\ncluster: { }\n"],
  ["braces around everything", '{ "parallelism": { "fsdp_size": 8 }, "cluster": { "nodes": 1, } }\n'],
  ["an anchor and a merge key", "cluster: &here { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }\n"],
];

test.each(parts)("%s is made a plan that planc takes, and every offset of it is found again", async (_, part) => {
  const { text, back } = compose(part);
  const { diagnostics } = await judge(filesOf(text, {}));
  expect(
    diagnostics.map(({ message }) => message),
    text,
  ).toEqual([]);
  expect(parse(text)).toMatchObject(parse(part) ?? {});
  const own = [...text].map((_character, offset) => back(offset)).filter((offset) => offset !== undefined);
  expect(own).toEqual([...part].map((_character, offset) => offset));
  for (let offset = 0; offset < text.length; offset++) {
    const from = back(offset);
    if (from !== undefined) expect(text[offset]).toBe(part[from]);
  }
});

test("an end at a border belongs to what was written, a start to what was added", () => {
  const { text, back } = compose("name: mine");
  expect(back("name: mine".length, true)).toBe("name: mine".length);
  expect(back("name: mine".length)).toBe(undefined);
  expect(back(text.length, true)).toBe(undefined);
  expect(text.startsWith("name: mine\nversion: 1\n")).toBe(true);
});

test("sections alone, or nothing, where the case asks for that", () => {
  expect(parse(compose("model: { config: config.json }\n", { rest: "sections" }).text).model).toEqual({
    config: "config.json",
  });
  expect(compose("model:\n", { rest: "none" }).text).toBe("model:\n");
});

test("a plan that is no mapping gets nothing", () => {
  expect(compose("- version: 1\n").text).toBe("- version: 1\n");
});
