import { describe, expect, it } from "vitest";
import { needsMasks, verdictOn } from "../../../../src/engines/transformers/attention/documents.ts";
import { families } from "../../../../src/model/families.ts";
import { transformersRelease } from "../../../compiler.ts";
import { checkTree, config } from "../../../plans.ts";

type Tree = Readonly<Record<string, unknown>>;

const packed = { sft: { packing: true, packing_strategy: "bfd" } };
const large = { cluster: { gpu: { name: "large", memory_gb: 400 } } };

describe("documents of a packed row", () => {
  it("are kept apart in every family that planc trains, in each release that was judged", () => {
    for (const release of [transformersRelease("5.23.0"), transformersRelease("5.24.0")]) {
      const judged = release.moeModelTypes.filter(
        (type) => families.has(type) && verdictOn(release, type) !== undefined,
      );
      expect(judged.length).toBeGreaterThan(40);
      for (const type of ["qwen3_moe", "qwen2_moe", "mixtral", "olmoe", "deepseek_v2", "deepseek_v3", "glm4_moe"]) {
        expect(verdictOn(release, type)).toBe("alone");
      }
      expect(verdictOn(release, "gpt_oss")).toBe("masks");
      // Its kernels are told where documents begin.
      expect(verdictOn(release, "gpt_oss", "kernels-community/vllm-flash-attn3")).toBe("alone");
      expect(verdictOn(release, "gpt_oss", "flex_attention")).toBe("masks");
      expect(verdictOn(release, "gpt_oss", "sdpa")).toBeUndefined();
    }
  });

  it("need masks in the bundle of a family that does not make them, also where only train.py --packing would pack", () => {
    const oss = config("gpt-oss-20b");
    const needs = (changes: Tree, model?: Tree) => {
      const { value } = checkTree({ ...large, ...changes }, model);
      return value && needsMasks(value);
    };
    expect(needs(packed, oss)).toBe(true);
    expect(needs({ sft: { packing: undefined, packing_strategy: undefined } }, oss)).toBe(true);
    expect(needs(packed)).toBe(false);
  });
});

it.each([
  [{ packing: true, packing_strategy: "bfd" }, "packing"],
  [{ packing: true, packing_strategy: undefined }, "packing"],
  [{ packing: true, packing_strategy: "bfd_split" }, "packing"],
  [{ packing: true, packing_strategy: "wrapped" }, undefined],
  [{ packing: true, packing_strategy: "wrapped", padding_free: true }, "padding_free"],
  [{ packing: undefined, packing_strategy: undefined, padding_free: true, max_length: null }, "padding_free"],
  [{ packing: undefined, packing_strategy: undefined }, undefined],
])("%o is packed by %s", (options, by) => {
  const { value } = checkTree({ sft: options });
  expect(value?.rows.packed_by).toBe(by);
});
