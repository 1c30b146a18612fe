import { describe, expect, it } from "vitest";
import { checkTree, config } from "../plans.ts";

describe("memory", () => {
  it("is 16 bytes a parameter over the ranks for float32 AdamW", () => {
    const memory = checkTree().value?.memory;
    // 30,532,122,624 parameters over 8 ranks; every dim 0 but the head's and embedding's divides by 8, those too.
    expect(memory?.parameters).toBe((30_532_122_624 / 8) * 4);
    expect(memory?.gradients).toBe(memory?.parameters);
    expect(memory?.optimizer).toBe((memory?.parameters ?? 0) * 2);
    expect(memory?.logits).toBe(4096 * 151_936 * 2);
  });

  it("halves with bfloat16 parameters and drops the states of plain SGD", () => {
    const memory = checkTree({ precision: { parameters: "bfloat16", compute: "bfloat16" }, sft: { optim: "sgd" } })
      .value?.memory;
    expect(memory?.parameters).toBe((30_532_122_624 / 8) * 2);
    expect(memory?.optimizer).toBe(0);
  });

  it("has no peak where autocast computes, with copies of weights that nobody counted", () => {
    const alone = (precision: object) =>
      checkTree(
        {
          cluster: { gpus_per_node: 1, gpu: "h200-sxm-141gb" },
          parallelism: { ep_size: 1, fsdp_size: 1 },
          precision,
        },
        config("Qwen3-30B-A3B", { num_hidden_layers: 2 }),
      ).value?.memory;
    expect(alone({ parameters: "float32", compute: "bfloat16" })?.peak).toBeNull();
    const { peak, parameters = 0, gradients = 0 } = alone({ parameters: "bfloat16", compute: "bfloat16" }) ?? {};
    expect(peak?.allocated).toBeGreaterThan(parameters + gradients);
  });

  it("does not shrink with replicas", () => {
    const memory = checkTree({ cluster: { nodes: 2 }, parallelism: { dp_replicate_size: 2 } }).value?.memory;
    expect(memory?.parameters).toBe((30_532_122_624 / 8) * 4);
  });
});

describe("batch", () => {
  it("counts the tokens of a step exactly with wrapped packing", () => {
    const gpu = "h200-sxm-141gb";
    const batch = checkTree({ cluster: { gpu }, sft: { gradient_accumulation_steps: 4 } }).value?.batch;
    expect(batch).toEqual({ distinct_batches: 8, tokens_per_step: 4096 * 4 * 8, exact: true });
  });

  it("gives an upper bound without packing, from the trainer's own defaults", () => {
    const batch = checkTree({ sft: { packing: undefined, max_length: undefined } }).value?.batch;
    expect(batch).toEqual({ distinct_batches: 8, tokens_per_step: 1024 * 8, exact: false });
  });

  it("counts a tensor-parallel group once", () => {
    const batch = checkTree({ parallelism: { fsdp_size: 4, tp_size: 2 } }).value?.batch;
    expect(batch?.distinct_batches).toBe(4);
  });
});
