import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFolder } from "./binary.ts";
import { planc } from "./inside.ts";

const bombs = ["b", "c", "d", "e", "f", "g", "h"].map(
  (name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(", ")}]`,
);

/** What stands in the plan's file → the exit code and the first line of what is said. */
const plans: readonly (readonly [string, (plan: string) => string | Uint8Array, number, string | RegExp])[] = [
  ["bytes", () => Uint8Array.of(0x6e, 0xff), 1, /PLN1002: bad.yaml is not UTF-8 text: the byte at offset 1/],
  ["nothing", () => "", 1, "PLN1002: bad.yaml is empty"],
  ["50 MB", () => new Uint8Array(50_000_000).fill(0x61), 2, "PLN1001: bad.yaml has 47.7 MiB; at most 1.0 MiB are read"],
  ["10,000 lists", () => `a: ${"[".repeat(10_000)}${"]".repeat(10_000)}`, 1, /PLN1003: nested more than 64 levels/],
  ["10,000 mappings", () => `${"{a: ".repeat(10_000)}1${"}".repeat(10_000)}`, 1, /PLN1003: nested more than 64 levels/],
  ["an unclosed list", () => `a: ${"[".repeat(10_000)}`, 1, /PLN1003: /],
  ["an alias bomb", () => ["a: &a [x, x, x, x, x, x, x, x, x]", ...bombs].join("\n"), 1, /PLN1003: aliases expand to/],
  ["an alias inside itself", () => "a: &a [*a]", 1, "PLN1003: alias *a stands inside the value that it names"],
  ["a merge of itself", () => "a: &a {b: {<<: *a}}", 1, "PLN1003: alias *a stands inside the value that it names"],
  ["a merge of a number", (plan) => plan.replace("ep_size: 8", "<<: 8"), 1, /PLN1003: << merges a mapping/],
  ["a merge of a list of numbers", (plan) => plan.replace("ep_size: 8", "<<: [8]"), 1, /PLN1003: << merges a mapping/],
  [
    "an anchor that is not there",
    (plan) => plan.replace("ep_size: 8", "<<: *base"),
    1,
    "PLN1003: no anchor &base stands before this alias",
  ],
  ["a key twice", (plan) => `${plan}\nname: again\n`, 1, /PLN1004: key name is written twice/],
  ["tabs", (plan) => plan.replaceAll("  ", "\t"), 1, /PLN1003: tab used for indentation/],
  ["a list", () => "- 1", 1, /PLN10\d\d: /],
  ["a number", () => "5", 1, /PLN10\d\d: /],
  ["two documents", (plan) => `${plan}---\n${plan}`, 1, /PLN1003: more than one document/],
  ["a number as text", (plan) => plan.replace("ep_size: 8", 'ep_size: "8"'), 1, /ep_size/],
  ["1e400", (plan) => plan.replace("ep_size: 8", "ep_size: 1e400"), 1, /ep_size/],
  ["-1", (plan) => plan.replace("ep_size: 8", "ep_size: -1"), 1, /ep_size/],
  ["0", (plan) => plan.replace("nodes: 1", "nodes: 0"), 1, /nodes/],
  ["2^53 + 1", (plan) => plan.replace("ep_size: 8", "ep_size: 9007199254740993"), 1, /ep_size/],
  ["a key that is no key", (plan) => plan.replace("ep_size: 8", "ep_sise: 8"), 1, /did you mean ep_size\?/],
  ["a control character", (plan) => plan.replace("qwen3-ep8", '"a\\e[31mb"'), 1, /name/],
];

test.each(plans)("a plan of %s", async (_, text, status, said) => {
  await inFolder(async (folder, plan) => {
    writeFileSync(join(folder, "bad.yaml"), text(plan.replace("../", "")));
    for (const command of ["check", "compile"]) {
      const ran = await planc(folder, command, "bad.yaml");
      expect([ran.status, ran.stdout]).toEqual([status, ""]);
      const [first = ""] = ran.stderr.split("\n");
      if (typeof said === "string") expect(first).toBe(`error ${said}`);
      else expect(first).toMatch(said);
      expect(first).toMatch(/^error PLN1\d{3}: /);
      expect(ran.stderr).not.toContain("\u001b");
      expect(ran.stderr).not.toMatch(/^ +at |is a bug/m);
    }
    expect(readdirSync(folder).sort()).toEqual(["bad.yaml", "models", "plans"]);
  });
});

/** What is done to the config.json of the model → what is said, and where. */
const configs: readonly (readonly [string, (config: string) => string, RegExp])[] = [
  ["cut", (config) => config.slice(0, 200), /PLN1003: not valid JSON/],
  ["empty", () => "", /PLN1002: .*config.json is empty/],
  ["a list", () => "[1]", /PLN\d{4}: /],
  ["deep", () => `{"a": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`, /PLN1003: nested/],
  ["without experts", (config) => config.replace('"num_experts": 128', '"num_experts": null'), /num_experts/],
  ["a list for a number", (config) => config.replace('"num_experts": 128', '"num_experts": [128]'), /num_experts/],
  ["text for a number", (config) => config.replace('"num_experts": 128', '"num_experts": "128"'), /num_experts/],
  [
    "aliases that disagree",
    (config) => config.replace('"num_experts": 128', '"num_experts": 128, "num_local_experts": 64'),
    /num_(local_)?experts/,
  ],
  ["a dense model", (config) => config.replace('"qwen3_moe"', '"llama"'), /llama/],
  ["an unknown model", (config) => config.replace('"qwen3_moe"', '"constructor"'), /constructor/],
  ["the text in a section", (config) => `{"model_type": "x", "text_config": ${config}}`, /PLN\d{4}: /],
];

test.each(configs)("a config.json that is %s", async (_, change, said) => {
  await inFolder(async (folder, plan) => {
    const file = join(folder, "models/qwen3-30b-a3b/config.json");
    const changed = change(readFileSync(file, "utf8"));
    expect(changed).not.toBe(readFileSync(file, "utf8"));
    writeFileSync(file, changed);
    writeFileSync(join(folder, "plans/p.yaml"), plan);
    const ran = await planc(folder, "compile", "plans/p.yaml");
    expect([ran.status, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr.split("\n").filter((line) => line.startsWith("error "))).toEqual([expect.stringMatching(said)]);
    expect(ran.stderr).toContain("config.json");
    expect(readdirSync(folder).sort()).toEqual(["models", "plans"]);
  });
});

test("files that are not there, or are no files", async () => {
  await inFolder(async (folder, plan) => {
    mkdirSync(join(folder, "folder.yaml"));
    for (const [file, said] of [
      ["folder.yaml", "folder.yaml is a folder; a file is expected"],
      ["nothing.yaml", "cannot read nothing.yaml: does not exist"],
      ["/dev/zero", "/dev/zero is not an ordinary file"],
    ] as const) {
      const ran = await planc(folder, "check", file);
      expect([ran.status, ran.stdout, ran.stderr.split("\n")[0]]).toEqual([2, "", `error PLN1001: ${said}`]);
    }
    writeFileSync(join(folder, "p.yaml"), plan);
    const ran = await planc(folder, "check", "p.yaml");
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("config.json: does not exist")]);
  });
});
