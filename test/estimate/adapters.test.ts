import { expect, test } from "vitest";
import { checkTree } from "../plans.ts";

const lora = { r: 16, lora_alpha: 32, targets: ["attention", "experts"] };
const sft = { learning_rate: 2.0e-4 };

// Of a layer of Qwen3-30B-A3B: r (in + out) for each linear layer of attention, and for each of 128 experts.
const dense = 48 * 16 * (2048 + 4096 + 2 * (2048 + 512) + 4096 + 2048);
const experts = 48 * 128 * 16 * (2048 + 1536 + 768 + 2048);

test("the model is held once in the compute format, and states are of adapters alone", () => {
  const { value } = checkTree({ lora, sft });
  const trained = 4 * (dense + experts / 8);
  expect(value?.memory).toMatchObject({
    parameters: (30_532_122_624 / 8) * 2 + trained,
    gradients: trained,
    optimizer: 2 * trained,
  });
  // They are float32 whatever the parameters of a plan are.
  const rounded = { parameters: "bfloat16", compute: "bfloat16", reduce: "float32" };
  expect(checkTree({ lora, sft, precision: rounded }).value?.memory.gradients).toBe(trained);
  expect(value?.adapters.map(({ placement }) => placement)).toEqual([
    ...new Array(8).fill({}),
    ...new Array(4).fill({ ep: "Shard(0)" }),
  ]);
});

test("adapters of experts are shared out over efsdp too, those of attention over nothing", () => {
  const { value } = checkTree({ lora, sft, parallelism: { ep_size: 4, fsdp_size: 8 } });
  expect(value?.memory.gradients).toBe(4 * (dense + experts / 8));
  const { value: replicated } = checkTree({
    lora,
    sft,
    cluster: { nodes: 2 },
    parallelism: { ep_size: 8, fsdp_size: 8, dp_replicate_size: 2 },
  });
  expect(replicated?.memory.gradients).toBe(value?.memory.gradients);
});

test("a step of adapters peaks far below one of the whole model, and above what it holds between steps", () => {
  const peak = (changes: object) =>
    checkTree({ recompute: "full", ...changes, sft }).value?.memory.peak?.allocated ?? 0;
  const adapters = checkTree({ lora, sft }).value?.memory;
  const held = (adapters?.parameters ?? 0) + (adapters?.optimizer ?? 0) + (adapters?.gradients ?? 0);
  expect(peak({ lora })).toBeGreaterThan(held);
  expect(peak({ lora })).toBeLessThan(0.25 * peak({}));
  // What is kept of layers that are not computed again is of every layer.
  expect(peak({ lora, recompute: "none" })).toBeGreaterThan(peak({ lora }));
});

test("frozen weights are gathered and not reduced; gradients of dense adapters are summed over all ranks", () => {
  const whole = checkTree({ sft }).value?.traffic.fsdp?.bytes_per_step ?? 0;
  const { value } = checkTree({ lora, sft });
  // 1,541,093,376 dense numbers: the head and the last norm gathered once, the others twice, in bfloat16.
  const once = 151_936 * 2048 + 2048;
  const gathered = ((2 * (1_541_093_376 - once) + once) / 8) * 2 * 7;
  const summed = (2 * 4 * dense * 7) / 8;
  expect(value?.traffic.fsdp?.bytes_per_step).toBe(gathered + summed);
  expect(whole).toBe(gathered + (1_541_093_376 / 8) * 4 * 7);
});
