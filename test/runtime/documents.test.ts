/**
 * Documents of a packed row do not see each other: each family's logits and gradients against its documents one by one, and the
 * trainer's own batches in every way that it makes them. The installed release is judged; `scripts/judge_packing.ts` judges any.
 */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { verdictOn } from "../../src/engines/transformers/attention/documents.ts";
import { families } from "../../src/model/families.ts";
import { transformersRelease } from "../compiler.ts";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { parityConfig } from "./parity-configs.ts";

test("the record says of each family what the release does", () => {
  const implementations = ["eager", "sdpa", "flash_attention_2", "flex_attention"];
  const configs = Object.fromEntries([...families.keys()].map((type) => [type, { config: parityConfig(type) }]));
  const { status, stdout, stderr } = spawnSync(python, [`${root}scripts/judge_packing.py`], {
    input: JSON.stringify({ implementations, families: configs }),
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const found: { transformers: string; families: object } = JSON.parse(stdout);
  const release = transformersRelease();
  expect(found.transformers).toBe(release.version);
  const recorded = [...families.keys()].map((type) => {
    const verdicts = implementations.map((name) => [name, verdictOn(release, type, name)] as const);
    return [type, Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== undefined))] as const;
  });
  expect(found.families).toEqual(Object.fromEntries(recorded));
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
