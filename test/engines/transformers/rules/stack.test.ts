import { expect, it } from "vitest";
import { findings } from "../findings.ts";

const versions = (changes: Record<string, string>) => findings({ stack: { versions: changes } });

it.each([
  ["5.22.2", "divided by fsdp_size"],
  ["5.19.0", "every ep_size other than tp_size"],
  ["5.18.2", "share one batch"],
  ["5.17.0", "wrong gradients"],
  ["5.14.1", "NaN"],
  ["5.10.0", "routers"],
  ["5.6.3", "no expert-parallel plan"],
  ["5.5.0", "wrong experts"],
  ["4.57.6", "no expert parallelism"],
  ["5.24.0", "newer than this planc knows"],
  ["5.100.0", "newer than this planc knows"],
  ["5.23.0rc1", "pre-release"],
  ["5.23.0.dev0", "pre-release"],
])("knows transformers %s", (version, issue) => {
  expect(versions({ transformers: version })[0]?.message).toContain(issue);
});

it("takes every patch of a minor release", () => {
  expect(versions({ transformers: "5.23" })).toEqual([]);
  expect(versions({ transformers: "5.23.10" })).toEqual([]);
});

it.each(["/data/model", "./qwen/model", "../model", "..", ".cache/model", "a/b/c", "~/model"])(
  "takes %s for a folder, where a revision means nothing",
  (folder) => {
    const codes = (pinned = {}) =>
      findings({ model: { checkpoint: folder, ...pinned } })
        .map(({ code }) => code)
        .filter((code) => code !== "PLN5028"); // which is about ~
    expect(codes()).toEqual([]);
    expect(codes({ revision: "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39" })).toEqual(["PLN4011"]);
  },
);
