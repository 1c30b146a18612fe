/** What planc takes experts to do, family by family, against what transformers' classes say. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { hasWideWeights, moduleOf } from "../../src/estimate/experts/modules.ts";
import { families } from "../../src/model/families.ts";
import { type FamilyRecord, isComposite } from "../../src/model/record.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { sampled } from "../sample.ts";

interface Flags {
  readonly gated: boolean;
  readonly bias: boolean;
  readonly interleaved: boolean;
  readonly norm: boolean;
  readonly gate: string | null;
  readonly activation: string;
  readonly weights: string;
}

/** The classes that have a gate of their own, by what planc calls it. */
const gates = {
  swiglu_oai: ["GptOssExperts", "MiniMaxM3VLExperts"],
  clamped: ["DeepseekV4Experts", "HYV4Experts", "HYV4VLExperts", "Glm5NextTextExperts"],
  wide: ["BeamExperts"],
  unknown: ["Inkling2Experts", "Inkling2LoopExperts"],
};

const folder = new URL("../../src/model/families/", import.meta.url);
const records = readdirSync(folder).map(
  (file): FamilyRecord => JSON.parse(readFileSync(new URL(file, folder), "utf8")),
);

function textTypeOf(record: FamilyRecord): string {
  return isComposite(record) ? record.text.type : record.model_type;
}

const chosen = sampled(records, (record) => {
  const text_type = textTypeOf(record);
  return [moduleOf({ text_type }), hasWideWeights({ text_type })];
});

let found: readonly (Flags | null)[];

beforeAll(() => {
  const toys = chosen.map(({ model_type }) => ({ model_type, ...families.get(model_type)?.toy }));
  const program = [ownProgram("experts_flags.py"), JSON.stringify(toys)];
  const { stdout, stderr, status } = spawnSync(python, program, {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  found = JSON.parse(stdout);
});

test.each(chosen.map((record, index) => [record.model_type, index] as const))("%s", (_, index) => {
  const text_type = textTypeOf(chosen[index] as FamilyRecord);
  const flags = found[index];
  const module = moduleOf({ text_type });
  // Those whose language model has no class of its own; and those whose experts say nothing of themselves.
  if (flags == null) return;
  if (gates.unknown.includes(flags.gate ?? "")) {
    expect(module).toBeNull();
    return;
  }
  const { gated, bias, interleaved, norm, gate, activation, weights } = flags;
  expect(module).toMatchObject({ gated, bias, interleaved, norm });
  const own = Object.entries(gates).find(([, classes]) => classes.includes(gate ?? ""))?.[0];
  expect(gate === null || own !== undefined, gate ?? "").toBe(true);
  expect(module?.gate).toBe(own ?? "default");
  expect(module?.activation === "relu2").toBe(activation === "ReLUSquaredActivation");
  expect(hasWideWeights({ text_type })).toBe(weights === "float32");
});
