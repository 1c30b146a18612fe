import { describe, expect, it } from "vitest";
import { needsMasks, verdictOn } from "../../../../src/engines/transformers/attention/documents.ts";
import { packedDocuments } from "../../../../src/engines/transformers/rules/packed-documents.ts";
import { families } from "../../../../src/model/families.ts";
import { transformersRelease } from "../../../compiler.ts";
import { checkTree, config } from "../../../plans.ts";
import { sft } from "../findings.ts";

type Tree = Readonly<Record<string, unknown>>;

const packed = { sft: { packing: true, packing_strategy: "bfd" } };
const large = { cluster: { gpu: { name: "large", memory_gb: 400 } } };

/** What is said of a packed plan of a family that planc does not train, as if it did. */
function saidOf(model_type: string, changes: Tree = packed) {
  const { value } = checkTree(changes);
  if (value === undefined) throw new Error("the plan has errors");
  const found = [...packedDocuments.check({ ...value, model: { ...value.model, model_type } })];
  return found.map(({ code, message }) => `${code} ${message}`);
}

describe("documents that see each other", () => {
  it("are refused by name", () => {
    expect(saidOf("minimax")).toEqual([
      "PLN4050 packing true: in minimax of transformers 5.23.0 the documents of a row see each other",
    ]);
    expect(saidOf("qwen3_next")[0]).toMatch(/^PLN4050 packing true: qwen3_next .* refuses rows of several documents/);
    expect(saidOf("mimo_v2_flash")[0]).toMatch(/^PLN4050 packing true: planc has not judged whether mimo_v2_flash /);
    expect(
      saidOf("minimax", {
        sft: { padding_free: true, packing: undefined, packing_strategy: undefined, max_length: null },
      }),
    ).toEqual(["PLN4050 padding_free true: in minimax of transformers 5.23.0 the documents of a row see each other"]);
  });

  it("are none where rows are not packed, or cut from documents put end to end", () => {
    expect(saidOf("minimax", {})).toEqual([]);
    expect(saidOf("minimax", { sft: { packing: undefined, packing_strategy: undefined } })).toEqual([]);
  });

  it("are kept apart in every family that planc trains, in each release that was judged", () => {
    for (const release of [transformersRelease("5.23.0"), transformersRelease("5.24.0")]) {
      const verdicts = [...families.keys()].map((type) => [type, verdictOn(release, type)]);
      expect(Object.fromEntries(verdicts)).toEqual({
        ...Object.fromEntries([...families.keys()].map((type) => [type, "alone"])),
        gpt_oss: "masks",
      });
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

describe("rotary positions that depend on the longest document", () => {
  const found = (rope: Tree, changes: Tree, other: Tree = {}) =>
    checkTree(changes, config("Qwen3-30B-A3B", { rope_scaling: rope, ...other }))
      .diagnostics.filter(({ code }) => code === "PLN4051")
      .map(({ message }) => message);
  const longrope = {
    rope_type: "longrope",
    original_max_position_embeddings: 2048,
    long_factor: [2],
    short_factor: [1],
  };

  it("are refused where a document may be longer than the model was made for", () => {
    expect(found(longrope, packed)).toEqual([
      "packing true with documents of up to 4096 tokens: rope_type longrope changes the positions of a whole row when one of its documents is longer than 2048 tokens",
    ]);
    const dynamic = { rope_type: "dynamic", factor: 4 };
    expect(found(dynamic, packed, { max_position_embeddings: 2048 })).toHaveLength(1);
    const free = { sft: { padding_free: true, packing: undefined, packing_strategy: undefined, max_length: null } };
    expect(found(dynamic, free)[0]).toMatch(/^padding_free true with documents of any length: /);
  });

  it("are right where none is, where rows are not packed, and with other types", () => {
    expect(found(longrope, { sft: { ...packed.sft, max_length: 2048 } })).toEqual([]);
    expect(found(longrope, {})).toEqual([]);
    expect(found({ ...longrope, rope_type: "yarn" }, packed)).toEqual([]);
  });
});

it("refuses evaluation rows that only evaluation packs", () => {
  const codes = (options: Tree) => sft(options).map(({ code }) => code);
  expect(codes({ eval_packing: true, eval_strategy: "steps", eval_steps: 10 })).toContain("PLN4052");
  expect(codes({ eval_packing: true, packing: true, eval_strategy: "steps", eval_steps: 10 })).not.toContain("PLN4052");
  expect(
    codes({ eval_packing: true, packing: true, packing_strategy: "wrapped", eval_strategy: "steps" }),
  ).not.toContain("PLN4052");
  expect(codes({ eval_packing: true })).not.toContain("PLN4052");
});
