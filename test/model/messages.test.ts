import { expect, test } from "vitest";
import { planc } from "../cli/io.ts";
import { checkTree, config, plan } from "../plans.ts";

test("states that leave a tenth of the GPU or less are warned of where nothing bounds a step", () => {
  const unbounded = { max_length: null, packing: false, packing_strategy: undefined };
  const { diagnostics } = checkTree({ cluster: { gpu: { name: "gpu-62", memory_gb: 62 } }, sft: unbounded });
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  expect(warnings.map(({ code }) => code)).toEqual(["PLN5003"]);
});

test("two plans of one name are not compiled into one folder", async () => {
  const files = {
    "a.yaml": JSON.stringify(plan()),
    "b.yaml": JSON.stringify(plan()),
    "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
  };
  const { code, stderr } = await planc(["compile", "a.yaml", "b.yaml", "--dry-run"], files);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("PLN5024: generated/test is the bundle of a.yaml already"),
  ]);
});
