/**
 * Documents of a packed row do not see each other: each family's logits and gradients against its documents one by one, and the
 * trainer's own batches in every way that it makes them. The installed release is judged; `scripts/judge_packing.ts` judges any.
 */
import { expect, test } from "vitest";
import { implementations, judge } from "../../scripts/packing/judge.ts";
import { root } from "../../scripts/root.ts";
import { verdictOn } from "../../src/engines/transformers/attention/documents.ts";
import { transformersRelease } from "../compiler.ts";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { parityConfig } from "./parity-configs.ts";

/** Each kind of verdict, of models with one part and with several. */
const sample = [
  "gpt_oss",
  "qwen3_moe",
  "lfm2_moe",
  "deepseek_v4",
  "glm_moe_dsa",
  "granitemoe",
  "jamba",
  "qwen3_vl_moe",
];

test("the record says of a family what the release does", () => {
  const release = transformersRelease();
  const found = judge(python, sample);
  expect(found.transformers).toBe(release.version);
  const recorded = sample.map((type) => {
    const verdicts = implementations.map((name) => [name, verdictOn(release, type, name)] as const);
    return [type, Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== undefined))] as const;
  });
  expect(found.families).toEqual(Object.fromEntries(recorded));
  expect(new Set(Object.values(found.families).flatMap(Object.values))).toEqual(
    new Set(["alone", "masks", "leaks", "stops"]),
  );
});

test("every way to pack agrees with documents one by one, and wrong masks do not", () => {
  const configs = { gpt_oss: { ...parityConfig("gpt_oss"), sliding_window: 5 }, qwen3_moe: parityConfig("qwen3_moe") };
  const [result] = runJobs([
    { program: ownProgram("packed_rows.py"), arguments: [JSON.stringify(configs)], world: 1, folder: root },
  ]);
  expect(result?.status, result?.stderr.join("\n")).toEqual([0]);
  const found: Readonly<Record<string, number | string>> = JSON.parse(
    result?.stdout[0]?.trim().split("\n").at(-1) ?? "",
  );
  expect(Object.keys(found)).toHaveLength(18);
  for (const [name, difference] of Object.entries(found)) {
    if (name === "wrong: masks for the causal language model") expect(difference).toContain("'dict' object");
    else if (name.startsWith("wrong: ")) expect(difference, name).toBeGreaterThan(0.01);
    else expect(difference, `${name}: ${difference}`).toBeLessThan(1e-5);
  }
});
