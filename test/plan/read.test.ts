import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import schema from "../../schema/plan.schema.json" with { type: "json" };
import { defaults } from "../../src/plan/defaults.ts";
import { readPlan } from "../../src/plan/read.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { marked, told } from "../markers.ts";
import { draws } from "../sample.ts";

const reference = readFileSync(new URL("../../plans/qwen3-ep8.yaml", import.meta.url), "utf8");
const config = readFileSync(new URL("../fixtures/configs/Qwen3-30B-A3B.json", import.meta.url), "utf8");

/** The reference plan with one line replaced; the replacement may be marked. */
function changed(from: string, to: string): string {
  expect(reference).toContain(from);
  return reference.replace(from, () => to);
}

function read(text: string, others: Readonly<Record<string, string>> = {}) {
  return readPlan(memoryHost({ "plans/plan.yaml": text, ...others }), "plans/plan.yaml");
}

describe("schema errors", () => {
  const cases: readonly (readonly [from: string, to: string, what: string, fix?: string])[] = [
    ["ep_size: 8", "«ep_sise»: 8", "PLN1020 unknown key ep_sise in parallelism; did you mean ep_size?", "ep_size"],
    ["ep_size: 8", "«enable_expert_parallel»: true", "PLN1020 unknown key enable_expert_parallel in parallelism"],
    ["ep_size: 8", 'ep_size: «"8"»', 'PLN1022 parallelism.ep_size takes a whole number, not "8"', "8"],
    ["ep_size: 8", "ep_size: «0»", "PLN1023 parallelism.ep_size takes at least 1, not 0"],
    ["ep_size: 8", "ep_size: «-1»", "PLN1023 parallelism.ep_size takes at least 1, not -1"],
    ["ep_size: 8", "ep_size: «1.5»", "PLN1022 parallelism.ep_size takes a whole number, not 1.5"],
    ["ep_size: 8", "ep_size: «1e400»", "PLN1022 parallelism.ep_size takes a whole number, not 1e400"],
    [
      "ep_size: 8",
      "ep_size: «9007199254740993»",
      "PLN1023 parallelism.ep_size takes at most 1048576, not 9007199254740993",
    ],
    ["ep_size: 8", "«ep_size»:", "PLN1022 parallelism.ep_size has no value; it takes a whole number"],
    ["ep_size: 8", "ep_size: «[8]»", "PLN1022 parallelism.ep_size takes a whole number, not [8]"],
    [
      "ep_implementation: planc",
      "ep_implementation: «all_to_al»",
      'PLN1023 parallelism.ep_implementation takes planc, all_to_all, all_reduce or auto, not "all_to_al"',
      "all_to_all",
    ],
    [
      "name: qwen3-ep8",
      "name: «../evil»",
      `PLN1023 name takes 1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit, not "../evil"`,
    ],
    ["  path: THUDM/LongAlign-10k\n", "", "PLN1021 data lacks the key path"],
    [
      "path: THUDM/LongAlign-10k",
      'path: «"a\\0b"»',
      "PLN1025 data.path holds a NUL character, which no path, command line or environment variable can",
    ],
    ["version: 1", "version: «2»", "PLN1023 version takes 1, not 2"],
  ];
  it.each(cases.map(([from, to, what, fix]) => ({ from, to, what, fix })))(
    "$from -> $to",
    ({ from, to, what, fix }) => {
      const { text, ranges } = marked(changed(from, to));
      const { value, diagnostics } = read(text);
      expect(value).toBeUndefined();
      expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([what]);
      if (ranges[0] !== undefined) expect(diagnostics[0]?.location.range).toEqual(ranges[0]);
      if (fix !== undefined)
        expect(diagnostics[0]?.fixes[0]?.edits[0]).toMatchObject({ newText: fix, range: ranges[0] });
    },
  );

  it("reports every mistake of a plan once", () => {
    const { text, ranges } = marked(
      changed("ep_size: 8\n  fsdp_size: 8", "«ep_sise»: 8\n  fsdp_size: «-1»").replace("nodes: 1", "«nodez»: 1"),
    );
    expect(told(read(text).diagnostics).map(({ range }) => range)).toEqual(
      expect.arrayContaining([ranges[0], ranges[1], ranges[2]]),
    );
    expect(read(text).diagnostics).toHaveLength(3);
  });

  it("refuses a plan that is no mapping", () => {
    expect(read("- 1\n").diagnostics.map(({ code }) => code)).toEqual(["PLN1024"]);
    expect(read("just text").diagnostics.map(({ code }) => code)).toEqual(["PLN1024"]);
  });
});

describe("shared files", () => {
  const shared = changed(
    "cluster:\n  gpu: h100-sxm-80gb\n  nodes: 1\n  gpus_per_node: 8\n  scheduler: { kind: local }",
    "cluster: «shared/h100.yaml»",
  );
  const { text, ranges } = marked(shared);

  it("stand in for a section, with positions in their own file", () => {
    const plan = read(text, { "plans/shared/h100.yaml": "gpu: h100-sxm-80gb\nnodes: 2\ngpus_per_node: 8\n" }).value;
    expect(plan?.cluster.nodes).toBe(2);
    expect(plan?.written.at("cluster.nodes")).toEqual({
      file: "plans/shared/h100.yaml",
      range: { start: { line: 1, character: 7 }, end: { line: 1, character: 8 } },
    });
  });

  it("are reported where they are named when they are missing", () => {
    const { diagnostics } = read(text);
    expect(told(diagnostics)).toEqual([
      { what: "PLN1001 cannot read plans/shared/h100.yaml: does not exist", range: ranges[0] },
    ]);
  });

  it("are checked like the section itself", () => {
    const { diagnostics } = read(text, {
      "plans/shared/h100.yaml": "gpu: h100-sxm-80gb\nnodez: 2\ngpus_per_node: 8\n",
    });
    expect(diagnostics.map(({ code, location }) => [code, location.file])).toEqual([
      ["PLN1020", "plans/shared/h100.yaml"],
    ]);
  });

  it("cannot name further files", () => {
    const { diagnostics } = read(text, { "plans/shared/h100.yaml": "other.yaml\n" });
    expect(diagnostics.map(({ code }) => code)).toEqual(["PLN1024"]);
  });
});

describe("defaults", () => {
  it("are the ones that the schema documents", () => {
    type Schema = { default?: unknown; properties?: Record<string, Schema>; $ref?: string; anyOf?: Schema[] };
    const definitions = schema.definitions as unknown as Record<string, Schema>;
    const follow = (node: Schema | undefined): Schema | undefined => {
      const ref = node?.$ref ?? node?.anyOf?.find(({ $ref }) => $ref !== undefined)?.$ref;
      return ref === undefined ? node : definitions[ref.replace("#/definitions/", "")];
    };
    for (const [path, value] of Object.entries(defaults)) {
      const [section = "", ...rest] = path.split(".");
      let node: Schema | undefined = (schema as unknown as Schema).properties?.[section];
      let documented = rest.length === 0 ? node?.default : undefined;
      for (const key of rest) {
        node = follow(node)?.properties?.[key];
        // The default of a whole section speaks for the keys in it.
        documented = node?.default ?? (documented as Readonly<Record<string, unknown>> | undefined)?.[key];
      }
      expect([path, documented]).toEqual([path, value]);
    }
  });

  it("carry their origin", () => {
    const provenance = read(reference).value?.provenance;
    expect(provenance?.["parallelism.ep_size"]).toEqual({ from: "written" });
    expect(provenance?.["parallelism.tp_size"]).toEqual({ from: "default" });
    expect(provenance?.["sft.max_length"]).toEqual({ from: "written" });
  });
});

describe("any damage to the example plan", () => {
  const host = (text: string) =>
    memoryHost({ "plans/plan.yaml": text, "plans/models/qwen3-30b-a3b/config.json": config });

  it("never throws, and every message has a place in a file that was read", () => {
    const lines = reference.split("\n").length;
    const edit = fc.record({ at: fc.nat(reference.length), drop: fc.nat(30), insert: fc.string({ maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let text = reference;
        for (const { at, drop, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + drop);
        const { value, diagnostics } = checkPlan(host(text), "plans/plan.yaml");
        expect(value === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
        for (const { location, message } of diagnostics) {
          expect(location.range.start.line).toBeLessThan(lines + 40);
          expect(message).not.toMatch(/undefined|\[object/);
        }
      }),
      draws(100, 400),
    );
  });
});

it("keeps what a variable is written as", () => {
  const env = '  env: { A: 010, B: 1.0, C: 0x10, D: 1e3, E: 7, G: "1.50" }';
  const { value } = read(changed("  gpus_per_node: 8", `  gpus_per_node: 8\n${env}`));
  const written = { A: "010", B: "1.0", C: "0x10", D: "1e3", E: "7", G: "1.50" };
  expect(value?.cluster.env).toEqual(written);
});
