import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { PLN1020 } from "../../src/diagnostics/catalogue/language.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { github } from "../../src/diagnostics/formats/github.ts";
import { json } from "../../src/diagnostics/formats/json.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { plain } from "../../src/diagnostics/formats/plain.ts";
import { pretty } from "../../src/diagnostics/formats/pretty.ts";
import { sarif } from "../../src/diagnostics/formats/sarif.ts";
import { catalogue } from "../../src/generated/catalogue.ts";
import { marked } from "../markers.ts";

function sourceOf(text: string, file = "plan.yaml") {
  const { text: source, ranges } = marked(text);
  const [range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }] = ranges;
  return { source, location: { file, range }, sources: new Map([[file, source]]) };
}

function shown(text: string, values: { key: string; where: string }, file?: string) {
  const { location, sources } = sourceOf(text, file);
  return { diagnostics: [PLN1020(location, values)], sources };
}

const simple = shown("version: 1\nparallelism:\n  «ep_sise»: 8\n", { key: "ep_sise", where: "parallelism" });
const hostile = shown("a: «1»\n", { key: "x\n::error::y\u001b[31m%0A", where: "a,b:c" }, "pl\u001b]0;x,y:z\n.yaml");

describe("pretty", () => {
  test("shows the line, the caret under the mistake and what to read", () => {
    expect(pretty(simple, plainLook)).toBe(
      [
        "error PLN1020: unknown key ep_sise in parallelism",
        "",
        "  plan.yaml:3:3",
        "  2 │ parallelism:",
        "  3 │   ep_sise: 8",
        "    ╵   ^^^^^^^",
        "",
        "1 error. More: planc explain PLN1020",
        "",
      ].join("\n"),
    );
  });

  test("draws with ASCII where a terminal has nothing else", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
    expect(pretty(simple, { ...plainLook, unicode: false })).toMatch(/^[\x00-\x7f]+$/);
  });

  test("puts the caret under wide characters", () => {
    const wide = shown('a: ["日本", «ep»]\n', { key: "ep", where: "a" });
    expect(pretty(wide, plainLook).split("\n").slice(3, 5)).toEqual(['  1 │ a: ["日本", ep]', "    ╵             ^^"]);
  });

  test("cuts a long line to the width, the mistake in sight", () => {
    const long = shown(`a: [${"x, ".repeat(5000)}«here», ${"y, ".repeat(5000)}]\n`, { key: "here", where: "a" });
    const rows = pretty(long, plainLook).split("\n").slice(3, 5);
    expect(rows[0]?.length).toBeLessThanOrEqual(120);
    expect(rows[0]?.indexOf("here")).toBe(rows[1]?.indexOf("^^^^"));
  });

  test("colours only where it is told to", () => {
    expect(pretty(simple, plainLook)).not.toContain("\u001b");
    const painted = pretty(simple, { ...plainLook, color: true });
    expect(painted).toContain("\u001b[");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with it
    expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(pretty(simple, plainLook));
  });
});

describe("no text of a user's reaches the terminal as a control", () => {
  test.each([
    ["pretty", pretty],
    ["plain", plain],
    ["github", github],
    ["json", json],
    ["sarif", sarif(catalogue)],
  ])("%s", (name, format) => {
    const text = format(hostile, plainLook);
    if (name !== "github") expect(text).not.toContain("\u001b");
    expect(text.split("\n").filter((line) => line.startsWith("::error::"))).toEqual([]);
  });
});

test("plain is one line a diagnostic, as problem matchers read them", () => {
  expect(plain(simple, plainLook)).toBe("plan.yaml:3:3: error PLN1020: unknown key ep_sise in parallelism\n");
  expect(plain(hostile, plainLook).split("\n")).toHaveLength(2);
});

test("github is one workflow command a diagnostic, its text escaped", () => {
  expect(github(simple, plainLook)).toBe(
    "::error file=plan.yaml,line=3,endLine=3,col=3,endColumn=9,title=PLN1020::unknown key ep_sise in parallelism\n",
  );
  const [line = "", ...rest] = github(hostile, plainLook).split("\n");
  expect(rest).toEqual([""]);
  const [, properties = "", message = ""] = /^::error ([^:]*)::(.*)$/.exec(line) ?? [];
  const plainText = (text: string) =>
    text.replace(/%(0A|0D|3A|2C|25)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  expect(properties.split(",").map((pair) => plainText(pair.split("=")[1] ?? ""))[0]).toBe(
    hostile.diagnostics[0]?.location.file,
  );
  expect(plainText(message)).toBe(hostile.diagnostics[0]?.message);
});

test("json says everything, counted as editors count", () => {
  const { location } = simple.diagnostics[0] as Diagnostic;
  expect(JSON.parse(json(simple, plainLook))).toEqual({
    version: 1,
    summary: { errors: 1, warnings: 0 },
    diagnostics: [
      {
        code: "PLN1020",
        severity: "error",
        message: "unknown key ep_sise in parallelism",
        ...location,
        related: [],
        help: null,
        issue: null,
        fixes: [],
        url: expect.stringMatching(/PLN1020/),
      },
    ],
  });
});

test("sarif has what code scanning needs of each result", () => {
  const log = JSON.parse(sarif(catalogue)(hostile, plainLook));
  const required = (properties: Record<string, object>) => ({
    type: "object",
    required: Object.keys(properties),
    properties,
  });
  const region = required({
    startLine: { type: "integer", minimum: 1 },
    startColumn: { type: "integer", minimum: 1 },
    endColumn: { type: "integer", minimum: 1 },
  });
  const artifactLocation = required({ uri: { type: "string", pattern: "^[A-Za-z0-9%_.~!*'()/-]+$" } });
  const place = required({ physicalLocation: required({ artifactLocation, region }) });
  const result = required({
    ruleId: { const: "PLN1020" },
    ruleIndex: { const: 0 },
    level: { enum: ["error", "warning", "note"] },
    message: required({ text: { type: "string" } }),
    locations: { type: "array", minItems: 1, items: place },
  });
  const driver = required({ name: { const: "planc" }, rules: { type: "array", minItems: 1 } });
  const run = required({ tool: required({ driver }), results: { type: "array", minItems: 1, items: result } });
  const validate = new Ajv().compile(required({ version: { const: "2.1.0" }, runs: { type: "array", items: run } }));
  expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
});
