/** Checkpoints that are broken, or made to deceive: the converter names the file in a sentence and writes nothing. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { python } from "../python.ts";
import { converterFor, scratch, tinyConfig } from "./converter.ts";

const script = fileURLToPath(new URL("../python/convert_hostile.py", import.meta.url));

interface Result {
  readonly case: string;
  readonly status: number;
  readonly said: string;
  readonly left: readonly string[];
}

describe("a converter that is given", () => {
  let results: readonly Result[];
  beforeAll(() => {
    const folder = scratch();
    const converter = converterFor(folder, tinyConfig(), "--to", "gate_up");
    mkdirSync(join(folder, "work"));
    results = JSON.parse(execFileSync(python, [script, converter, join(folder, "work")], { encoding: "utf8" }));
  });

  test("what is in order converts it, from 10,000 files as from three", () => {
    const fine = results.filter(({ status }) => status === 0);
    expect(fine.map((result) => result.case)).toEqual(["nothing is wrong", "10,000 files"]);
    for (const { left } of fine)
      expect(left).toEqual(["config.json", "model.safetensors", "planc-conversion.json", "tokenizer.json"]);
  });

  test("anything else says so in a sentence, and leaves nothing", () => {
    const refused = results.filter(({ status }) => status !== 0);
    expect(refused.length).toBeGreaterThan(40);
    for (const { status, said, left } of refused) {
      expect({ status, left, said }).toEqual({ status: 2, left: [], said: expect.stringMatching(/error: /) });
      expect(said).not.toMatch(/Traceback|EXCEPTION/);
    }
  });

  test.each([
    ["a weight_map that names '../x.safetensors'", "model.safetensors.index.json names '../x.safetensors'"],
    [
      "a tensor that the index forgets",
      "model-00001-of-00003.safetensors holds model.layers.0.mlp.experts.0.gate_proj",
    ],
    ["a header too large", "model-00001-of-00003.safetensors is no safetensors file"],
    ["a header that is cut off", "model-00001-of-00003.safetensors is cut off"],
    ["an expert that is missing", "model.layers.0.mlp.experts.0.gate_proj.weight is missing (1 of layer 0's 12)"],
    ["an expert of another shape", "has the shape [7, 5]; this model's config.json asks for [5, 7]"],
    ["lm_head.weight called model.layers.1.mlp.experts.gate_up_proj", "its experts are stored in two layouts"],
    ["model.norm.weight called model.norm.bias", "model.norm.weight is missing"],
    ["10,000 files, one of them gone", "extra-777.safetensors, which is not there"],
  ])("%s says: %s", (name, sentence) => {
    expect(results.find((result) => result.case === name)?.said).toContain(sentence);
  });
});
