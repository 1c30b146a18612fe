import { describe, expect, it } from "vitest";
import { checkTree, config } from "../../../plans.ts";

type Tree = Readonly<Record<string, unknown>>;

const gptOss = config("gpt-oss-20b");

function found(attn_implementation: string, changes: Tree = {}, modelConfig?: Tree) {
  const { diagnostics } = checkTree({ model: { attn_implementation }, ...changes }, modelConfig);
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, message, fixes }) => [code, message, fixes[0]?.edits[0]?.newText]);
}

describe("PLN2022: what the family does not have", () => {
  it("names what it takes, and offers one of the kind that was asked", () => {
    const message =
      "is none that transformers 5.24.0 computes gpt_oss with; it takes eager, kernels-community/vllm-flash-attn3, " +
      "flash_attention_4 or flex_attention";
    expect(found("sdpa", {}, gptOss)).toEqual([
      ["PLN2022", `attn_implementation sdpa ${message}`, "kernels-community/vllm-flash-attn3"],
    ]);
    expect(found("flash_attention_2", {}, gptOss)).toEqual([
      ["PLN2022", `attn_implementation flash_attention_2 ${message}`, "kernels-community/vllm-flash-attn3"],
    ]);
  });

  it("knows families apart", () => {
    expect(found("flex_attention", {}, config("OLMoE-1B-7B-0924"))).toMatchObject([
      ["PLN2022", expect.any(String), expect.any(String)],
    ]);
    expect(found("flex_attention")).toEqual([]);
    expect(found("paged")).toMatchObject([["PLN2022", expect.any(String), expect.any(String)]]);
    expect(found("someone/their-kernel")).toMatchObject([["PLN2022", expect.any(String), expect.any(String)]]);
  });

  it.each(["eager", "sdpa", "flash_attention_2", "flash_attention_3", "kernels-community/flash-attn2@v1:f"])(
    "takes %s on an H100",
    (name) => expect(found(name)).toEqual([]),
  );
});

describe("PLN2023: what the GPU cannot run", () => {
  const on = (gpu: string) => ({ cluster: { gpu }, sft: { max_length: 512 } });

  it("keeps FlashAttention 3 to Hopper, and 4 from Hopper on", () => {
    const a100 = found("flash_attention_3", on("a100-sxm-80gb"));
    expect(a100).toMatchObject([
      [
        "PLN2023",
        "attn_implementation flash_attention_3 needs compute capability 9.x; a a100-sxm-80gb has 8.0",
        undefined,
      ],
    ]);
    expect(found("kernels-community/vllm-flash-attn3", on("b200-sxm-180gb"), gptOss)).toMatchObject([
      ["PLN2023", expect.any(String), undefined],
    ]);
    expect(found("flash_attention_4", on("a100-sxm-80gb"))).toMatchObject([["PLN2023", expect.any(String), undefined]]);
    expect(found("flash_attention_4", on("b200-sxm-180gb"))).toEqual([]);
    expect(found("flash_attention_2", on("a100-sxm-80gb"))).toEqual([]);
  });

  it("says nothing about a GPU that planc does not know", () => {
    expect(found("flash_attention_3", { cluster: { gpu: { name: "own", memory_gb: 80 } } })).toEqual([]);
  });
});

it("PLN2024: refuses flash attention in float32", () => {
  const precision = { parameters: "float32", compute: "float32", reduce: "float32" };
  expect(found("flash_attention_2", { precision })).toMatchObject([["PLN2024", expect.any(String), undefined]]);
  expect(found("sdpa", { precision })).toEqual([]);
});

describe("memory of attention", () => {
  it("offers a length that fits, and no longer one of its kind does", () => {
    const judged = (sft: Readonly<Record<string, unknown>>, model = gptOss) => checkTree({ sft }, model);
    const flat = { packing_strategy: "bfd", per_device_train_batch_size: 8 };
    for (const [sft, model] of [
      [{}, gptOss],
      [flat, config("Qwen3-30B-A3B", { num_hidden_layers: 4 })],
    ] as const) {
      const refused = judged({ ...sft, max_length: 32768 }, model).diagnostics.filter(({ code }) => code === "PLN5040");
      const fits = Number(/max_length: (\d+)/.exec(refused[0]?.help ?? "")?.[1]);
      const told = (max_length: number) =>
        judged({ ...sft, max_length }, model).diagnostics.flatMap(({ code }) =>
          /^PLN50[04]/.test(code) ? [code] : [],
        );
      expect(told(fits).filter((code) => !["PLN5006", "PLN5041"].includes(code))).toEqual([]);
      expect(told(fits + 128)).not.toEqual([]);
    }
  });

  it("counts one long sequence where a micro-batch has no padding", () => {
    const sft = { max_length: 2048, per_device_train_batch_size: 4 };
    const of = (strategy: string) => checkTree({ sft: { ...sft, packing_strategy: strategy } }).value?.memory.attention;
    expect(of("wrapped")).toEqual({ layer: 0, kept: 0, masks: 0 });
    expect(of("bfd")).toEqual({ layer: 8192 ** 2 * 2, kept: 0, masks: 8192 ** 2 });
  });

  it("divides the heads by tp, and keeps every layer's without recompute", () => {
    const sft = { max_length: 1024 };
    const eager = { model: { attn_implementation: "eager" }, sft };
    const whole = checkTree(eager).value?.memory.attention;
    expect(whole).toEqual({ layer: 32 * 1024 ** 2 * 16, kept: 0, masks: 1024 ** 2 * 2 });
    const kept = checkTree({ ...eager, recompute: "none" }).value?.memory.attention;
    expect(kept?.kept).toBe(47 * 32 * 1024 ** 2 * 6);
    const cut = checkTree({ ...eager, parallelism: { tp_size: 2, fsdp_size: 4, ep_size: 8 } }).value?.memory.attention;
    expect(cut?.layer).toBe(16 * 1024 ** 2 * 16);
  });
});
