import { describe, expect, it } from "vitest";
import { findings } from "../findings.ts";

const versions = (changes: Record<string, string>) => findings({ stack: { versions: changes } });
const checkpoint = (model: Record<string, string>) => findings({ model });

describe("releases of transformers", () => {
  it("accepts 5.23 and its patch releases", () => {
    expect(versions({ transformers: "5.23.1" })).toEqual([]);
    expect(versions({ transformers: "5.23" })).toEqual([]);
  });

  it("says what goes wrong on an older one, and offers the supported one", () => {
    const [finding] = versions({ transformers: "5.22.2" });
    expect(finding).toMatchObject({ code: "PLN4001", at: "5.22.2", fix: "5.23.0" });
    expect(finding?.message).toContain("transformers 5.22.2 is not supported");
    expect(finding?.message).toContain("divided by fsdp_size");
  });

  it.each([
    ["5.19.0", "every ep_size other than tp_size"],
    ["5.18.2", "share one batch"],
    ["5.17.0", "wrong gradients"],
    ["5.14.1", "NaN"],
    ["5.10.0", "routers"],
    ["5.6.3", "no expert-parallel plan"],
    ["5.5.0", "wrong experts"],
    ["4.57.6", "no expert parallelism"],
  ])("knows %s", (version, issue) => {
    expect(versions({ transformers: version })[0]?.message).toContain(issue);
  });

  it("says nothing about releases that came after it", () => {
    expect(versions({ transformers: "5.24.0" })[0]?.message).toContain("newer than this planc knows");
    expect(versions({ transformers: "5.100.0" })[0]?.message).toContain("newer than this planc knows");
  });

  it("does not take a pre-release for the release", () => {
    expect(versions({ transformers: "5.23.0rc1" })[0]?.message).toContain("pre-release");
    expect(versions({ transformers: "5.23.0.dev0" })[0]?.message).toContain("pre-release");
  });
});

describe("releases of the other packages", () => {
  it("knows the options of one TRL release", () => {
    expect(versions({ trl: "1.13.0" })).toMatchObject([{ code: "PLN4002", at: "1.13.0", fix: "1.16.0" }]);
    expect(versions({ trl: "1.16.0rc1" })).toMatchObject([{ code: "PLN4002" }]);
  });

  it("refuses what the stack itself refuses, and warns of what it was not tested with", () => {
    expect(versions({ torch: "2.7.1" })).toMatchObject([{ code: "PLN4003", at: "2.7.1" }]);
    expect(versions({ torch: "2.8.0" })).toMatchObject([{ code: "PLN4004" }]);
    expect(versions({ torch: "2.15.1+cu132" })).toEqual([]);
    expect(versions({ accelerate: "1.10.0" })).toMatchObject([{ code: "PLN4003" }]);
    expect(versions({ accelerate: "1.11.0" })).toMatchObject([{ code: "PLN4004" }]);
  });

  it("needs a newer accelerate for tensor parallelism", () => {
    const changes = { stack: { versions: { accelerate: "1.11.0" } }, parallelism: { tp_size: 2, fsdp_size: 4 } };
    expect(findings(changes)).toMatchObject([{ code: "PLN4003", message: expect.stringContaining("tp_size") }]);
  });
});

describe("the checkpoint's revision", () => {
  const commit = "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39";

  it("is asked for where the checkpoint is a Hub id", () => {
    expect(checkpoint({ checkpoint: "Qwen/Qwen3-30B-A3B" })).toMatchObject([
      { code: "PLN4010", at: "Qwen/Qwen3-30B-A3B" },
    ]);
    expect(checkpoint({ checkpoint: "Qwen/Qwen3-30B-A3B", revision: commit })).toEqual([]);
  });

  it("should be a commit", () => {
    const [finding] = checkpoint({ checkpoint: "Qwen/Qwen3-30B-A3B", revision: "main" });
    expect(finding).toMatchObject({ code: "PLN4010", at: "main", message: expect.stringContaining("branch or a tag") });
  });

  it("means nothing for a folder", () => {
    for (const folder of ["/data/model", "./qwen/model", "../model", "..", ".cache/model", "a/b/c", "~/model"]) {
      const codes = (pinned = {}) =>
        checkpoint({ checkpoint: folder, ...pinned })
          .map(({ code }) => code)
          .filter((code) => code !== "PLN5028"); // which is about ~
      expect(codes()).toEqual([]);
      expect(codes({ revision: commit })).toEqual(["PLN4011"]);
    }
  });

  it("says that a name without an owner is a Hub id, which may else be a folder", () => {
    expect(checkpoint({ checkpoint: "gpt2" })).toEqual([]);
    expect(checkpoint({ checkpoint: "gpt2", revision: commit })).toEqual([]);
    expect(checkpoint({ checkpoint: "gpt2", revision: "main" })).toMatchObject([{ code: "PLN4010", at: "main" }]);
  });
});
