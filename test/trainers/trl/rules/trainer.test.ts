import { describe, expect, it } from "vitest";
import { findings, sft } from "../../../engines/transformers/findings.ts";

describe("types and words", () => {
  it.each([
    ["max_steps", 1.5],
    ["max_steps", true],
    ["max_steps", 2 ** 53],
    ["learning_rate", Number.POSITIVE_INFINITY],
    ["learning_rate", Number.NaN],
    ["learning_rate", null],
    ["packing", 1],
    ["optim", 3],
    ["report_to", null],
    ["label_names", "labels"],
    ["label_names", [1]],
    ["lr_scheduler_kwargs", "{}"],
    ["dataset_kwargs", []],
  ])("refuses %s: %s", (name, value) => {
    expect(sft({ [name]: value }).map(({ code }) => code)).toEqual(["PLN4022"]);
  });
});

describe("ranges", () => {
  it.each([
    ["per_device_train_batch_size", 0],
    ["gradient_accumulation_steps", 0],
    ["gradient_accumulation_steps", -1],
    ["max_length", 0],
    ["max_length", -4096],
    ["max_steps", 0],
    ["max_steps", -2],
    ["num_train_epochs", 0],
    ["learning_rate", 0],
    ["learning_rate", -1e-5],
    ["warmup_steps", -1],
    ["adam_beta2", 1],
    ["logging_steps", 0],
    ["logging_steps", 1.5],
    ["seed", -1],
    ["seed", 2 ** 32],
    ["torch_empty_cache_steps", 0],
    ["dataloader_num_workers", -1],
    ["label_smoothing_factor", 1],
  ])("refuses %s: %s", (name, value) => {
    expect(sft({ [name]: value }).map(({ code }) => code)).toEqual(["PLN4024"]);
  });

  it.each([
    ["max_steps", -1],
    ["logging_steps", 0.5],
    ["warmup_steps", 0.1],
    ["max_grad_norm", 0],
    ["adam_beta1", 0],
  ])("takes %s: %s", (name, value) => {
    expect(sft({ [name]: value })).toEqual([]);
  });
});

describe("optimizers", () => {
  it.each([
    ["adafactor", "sharded parameters"],
    ["adamw_8bit", "bitsandbytes"],
    ["paged_adamw_32bit", "bitsandbytes"],
    ["ademamix", "bitsandbytes"],
    ["adamw_torch_8bit", "torchao"],
    ["galore_adamw", "galore_torch"],
    ["apollo_adamw_layerwise", "several processes"],
    ["adalomo", "lomo_optim"],
    ["schedule_free_sgd", "schedulefree"],
    ["stable_adamw", "torch-optimi"],
    ["adamw_torch_xla", "TPUs"],
    ["adamw_torch_npu_fused", "NPUs"],
  ])("refuses %s", (optim, why) => {
    const [finding] = sft({ optim });
    expect(finding).toMatchObject({ code: "PLN4027", at: optim, fix: "adamw_torch_fused" });
    expect(finding?.message).toContain(why);
  });
});

it("says nothing about the reference job's options", () => {
  const options = {
    max_length: 4096,
    packing: true,
    packing_strategy: "wrapped",
    per_device_train_batch_size: 1,
    learning_rate: 2e-5,
    max_steps: 100,
    logging_steps: 1,
    report_to: "none",
    output_dir: "output/qwen3-ep8",
  };
  expect(findings({ sft: options })).toEqual([]);
});
