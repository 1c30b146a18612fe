import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSource } from "../../src/source/read.ts";
import { memoryHost } from "../host.ts";
import { draws } from "../sample.ts";

function problems(content: string | Uint8Array, kind: "yaml" | "json" = "yaml"): string[] {
  return readSource(memoryHost({ file: content }), "file", kind).diagnostics.map(
    ({ code, message }) => `${code} ${message}`,
  );
}

describe("files that cannot be read", () => {
  const host = memoryHost({ "folder/inside": "a: 1" });
  it.each([
    ["missing", "PLN1001 cannot read missing: does not exist"],
    ["folder", "PLN1001 folder is a folder; a file is expected"],
  ])("%s", (file, what) => {
    const { value, diagnostics } = readSource(host, file, "yaml");
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([what]);
  });

  it("refuses 50 MB without reading it", () => {
    const huge = {
      ...host,
      stat: () => ({ ok: true, kind: "file", size: 50_000_000 }) as const,
      read: () => expect.fail("read"),
    };
    expect(readSource(huge, "big", "yaml").diagnostics[0]?.message).toBe("big has 47.7 MiB; at most 1.0 MiB are read");
  });

  it("refuses a device", () => {
    const device = { ...host, stat: () => ({ ok: true, kind: "other", size: 0 }) as const };
    expect(readSource(device, "/dev/zero", "yaml").diagnostics[0]?.message).toBe("/dev/zero is not an ordinary file");
  });

  it("blames the place that names the file", () => {
    const blame = { file: "plan.yaml", range: { start: { line: 3, character: 2 }, end: { line: 3, character: 9 } } };
    expect(readSource(host, "missing", "json", blame).diagnostics[0]?.location).toEqual(blame);
  });
});

describe("bytes that are no text", () => {
  it.each([
    ["empty", new Uint8Array(), "PLN1002 file is empty"],
    ["blank", " \n\n", "PLN1002 file is empty"],
  ])("%s", (_, content, what) => {
    expect(problems(content)).toEqual([what]);
  });
});

describe("texts that are no YAML", () => {
  it.each([
    ["brackets 10,000 deep", `a: ${"[".repeat(10_000)}`, "PLN1003 nested more than 64 levels deep"],
    ["mappings 10,000 deep", `${"- ".repeat(10_000)}x`, "PLN1003 nested more than 64 levels deep"],
    [
      "indentation 1,000 deep",
      Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      "PLN1003 nested more than 64 levels deep",
    ],
    [
      "alias bomb",
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[..."bcdefgh"].map((c, i) => `${c}: &${c} [${Array(10).fill(`*${"abcdefg"[i]}`)}]`).join("\n")}\n`,
      "PLN1003 aliases expand to more than 1000 values",
    ],
  ])("%s", (_, text, what) => {
    expect(problems(text)).toEqual([what]);
  });
});

it("refuses a JSON text 100,000 brackets deep", () => {
  expect(problems("[".repeat(100_000), "json")).toEqual([
    "PLN1003 not valid JSON: the text ends in the middle of a value",
  ]);
});

it("never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom("yaml" as const, "json" as const), (bytes, kind) => {
      const { value, diagnostics } = readSource(memoryHost({ file: bytes }), "file", kind);
      expect(value === undefined).toBe(diagnostics.length > 0);
    }),
    draws(150, 500),
  );
  const yamlish = fc.string({ unit: fc.constantFrom(..."ab:-[]{}&*<>|#'\"\n ,!?%@`\t012"), maxLength: 60 });
  fc.assert(
    fc.property(yamlish, (text) => {
      const { value, diagnostics } = readSource(memoryHost({ file: text }), "file", "yaml");
      expect(value === undefined).toBe(diagnostics.length > 0);
    }),
    draws(300, 1000),
  );
});
