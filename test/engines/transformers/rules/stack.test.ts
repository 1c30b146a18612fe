import { describe, expect, it } from "vitest";
import { findings } from "../findings.ts";

const versions = (changes: Record<string, string>) => findings({ stack: { versions: changes } });

it.each([
  ["5.22.2", "divided by fsdp_size"],
  ["5.19.0", "every ep_size other than tp_size"],
  ["5.18.2", "share one batch"],
  ["5.17.0", "share one batch"],
  ["5.14.1", "NaN"],
  ["5.10.0", "lack the share of the other ranks"],
  ["5.6.3", "lack the share of the other ranks"],
  ["5.5.0", "wrong experts"],
  ["4.57.6", "no expert parallelism"],
  ["5.25.0", "newer than this planc knows"],
  ["5.23.1", "it knows 5.23.0 and 5.24.0"],
  ["5.24.10", "it knows 5.23.0 and 5.24.0"],
  ["5.24.0.1", "it knows 5.23.0 and 5.24.0"],
  ["5.100.0", "newer than this planc knows"],
  ["5.23.0rc1", "pre-release"],
  ["5.23.0.dev0", "pre-release"],
])("knows transformers %s", (version, issue) => {
  expect(versions({ transformers: version })[0]?.message).toContain(issue);
});

it.each(["5.23", "5.23.0", "5.24", "5.24.0", "5.24.0+cu130"])("takes %s, which it has read", (transformers) => {
  expect(versions({ transformers })).toEqual([]);
});

describe("stack.untested", () => {
  const untested = (changes: Record<string, string>) =>
    findings({ stack: { versions: changes, untested: true } }).map(({ code, fix }) => [code, fix]);

  it.each([
    ["5.25.0", "5.24.0"],
    ["6.0.0", "5.24.0"],
    ["5.24.1", "5.24.0"],
    ["5.24.0rc1", "5.24.0"],
    ["5.23.4", "5.23.0"],
  ])("lets transformers %s through with a warning, judged as %s", (transformers, by) => {
    expect(untested({ transformers })).toEqual([["PLN4005", by]]);
  });

  it.each(["5.22.9", "5.23.0rc1", "4.57.6"])("does not let transformers %s through", (transformers) => {
    expect(untested({ transformers }).map(([code]) => code)).toEqual(["PLN4001"]);
  });

  it("is for TRL, torch and accelerate too", () => {
    expect(untested({ trl: "1.17.0" })).toEqual([["PLN4005", "1.16.0"]]);
    expect(untested({ trl: "1.15.0" }).map(([code]) => code)).toEqual(["PLN4002"]);
    expect(untested({ torch: "2.16.0" }).map(([code]) => code)).toEqual(["PLN4004"]);
  });

  it("has no effect where all is known", () => {
    expect(untested({}).map(([code]) => code)).toEqual(["PLN4006"]);
  });
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
