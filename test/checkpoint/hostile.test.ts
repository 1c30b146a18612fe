/** Folders of which every text was mutated: whatever comes of it, it is a result, and safe to print. */
import { describe, expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { inspectJson } from "../../src/cli/inspect/json.ts";
import { inspectText } from "../../src/cli/inspect/text.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { plain } from "../../src/diagnostics/formats/plain.ts";
import { pretty } from "../../src/diagnostics/formats/pretty.ts";
import { memoryHost } from "../host.ts";
import { conformance, seed } from "../sample.ts";
import { mutations } from "./fuzz/mutations.ts";
import { Random } from "./fuzz/random.ts";
import type { Sample } from "./fuzz/valid.ts";
import { expertsIn, fileWith, headerOf, sharded, toyConfig } from "./toy.ts";

const index = "model/model.safetensors.index.json";
const sound = sharded({ "a.safetensors": expertsIn("per_expert", 0), "b.safetensors": expertsIn("gate_up", 1) });
const texts: Readonly<Record<string, string>> = {
  "model/config.json": JSON.stringify(toyConfig),
  [index]: String(sound[index]),
  "model/a.safetensors": headerOf(expertsIn("per_expert", 0)).text,
};

describe(`PLANC_FUZZ_SEED=${seed}`, () => {
  test.each(Object.keys(texts))("%s", (path) => {
    const random = new Random(seed ^ path.length);
    const codes = new Set<string>();
    for (let number = 0; number < (conformance ? 600 : 150); number++) {
      let sample: Sample = { header: Buffer.from(texts[path] ?? ""), data: Buffer.alloc(0) };
      const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(Object.keys(mutations)));
      for (const name of names) sample = mutations[name]?.(sample, random) ?? sample;
      const content = path.endsWith("json") ? new Uint8Array(sample.header) : fileWith(sample.header, 432);
      const { value, diagnostics } = inspectCheckpoint(memoryHost({ ...sound, [path]: content }), "model");
      for (const { code } of diagnostics) codes.add(code);
      const findings = { diagnostics, sources: new Map() };
      const printed = [plain, pretty].map((format) => format(findings, plainLook)).join("");
      const report = value === undefined ? "" : inspectText(value, plainLook);
      expect(printed + report, `${names.join(", ")}: ${sample.header.toString("latin1")}`).not.toMatch(
        /[^\P{Cc}\n]|[\u2028\u202e\ufeff]/u,
      );
      expect(JSON.parse(inspectJson("model", value, diagnostics))).toMatchObject({ version: 1 });
      // A config.json may come to say that the second layer, which is stored otherwise, is none of the model's.
      if (path !== "model/config.json") expect(diagnostics.length).toBeGreaterThan(0);
    }
    expect([...codes].filter((code) => /^PLN(1|2)/.test(code)).length).toBeGreaterThan(3);
  });
});
