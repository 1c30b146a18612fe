import { describe, expect, it } from "vitest";
import { findings, sft } from "../../../engines/transformers/findings.ts";

describe("names of trainer options", () => {
  it("suggests the option that was meant and mends the key", () => {
    const [finding] = sft({ packing_strategie: "wrapped" });
    expect(finding).toMatchObject({ code: "PLN4020", at: "packing_strategie", help: "did you mean packing_strategy?" });
    expect(finding?.fix).toBe("packing_strategy");
  });

  it("never suggests an option that planc sets", () => {
    expect(sft({ bf61: true })[0]?.fix).not.toBe("bf16");
  });

  it.each([
    ["enable_expert_parallel", true, "parallelism.ep_size"],
    ["parallelism_config_ep_size", 8, "parallelism.ep_size"],
    ["fsdp_transformer_layer_cls_to_wrap", "Qwen3MoeDecoderLayer", "drop it"],
    ["fsdp_some_future_key", 1, "drop it"],
    ["ep_size", 8, "parallelism: ep_size"],
    ["dtype", "bfloat16", "precision.parameters"],
    ["dataset_name", "x/y", "data.path"],
    ["model_name_or_path", "x/y", "model.checkpoint"],
    ["max_seq_length", 4096, "max_length"],
    ["evaluation_strategy", "no", "eval_strategy"],
    ["use_peft", true, "LoRA"],
    ["warmup_ratio", 0.1, "warmup_steps"],
  ])("says where %s belongs", (name, value, help) => {
    const found = sft({ [name]: value });
    expect(found).toMatchObject([{ code: "PLN4020", at: name, help: expect.stringContaining(help) }]);
    expect(found[0]?.message).toContain("is no option of SFTConfig but");
  });

  it("is not misled by names that JavaScript objects have", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"])
      expect(sft({ [name]: 1 })).toMatchObject([{ code: "PLN4020" }]);
  });
});

describe("options that planc sets", () => {
  it.each([
    ["bf16", true, "precision.compute"],
    ["fp16", true, "precision.compute"],
    ["fsdp", "full_shard", "parallelism.fsdp_size"],
    ["fsdp_config", { version: 2 }, "parallelism.fsdp_size"],
    ["deepspeed", "ds.json", "parallelism"],
    ["hub_token", "hf_x", "cluster.env"],
    ["model_init_kwargs", { dtype: "bfloat16" }, "drop model_init_kwargs"],
    ["local_rank", 0, "drop local_rank"],
    ["use_cpu", true, "drop use_cpu"],
  ])("refuses %s and names the key", (name, value, help) => {
    expect(sft({ [name]: value })).toMatchObject([{ code: "PLN4021", at: name, help: expect.stringContaining(help) }]);
  });
});

describe("types and words", () => {
  it("takes a number out of its quotes", () => {
    const [finding] = sft({ learning_rate: "2e-5" });
    expect(finding).toMatchObject({ code: "PLN4022", at: '"2e-5"', fix: "2e-5" });
    expect(finding?.message).toBe('learning_rate is "2e-5"; a number is expected');
    expect(sft({ packing: "yes" })).toMatchObject([{ code: "PLN4022", fix: "true" }]);
    expect(sft({ max_steps: "hundred" })).toMatchObject([{ code: "PLN4022", fix: undefined }]);
  });

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

  it("lists the words and suggests one", () => {
    const [finding] = sft({ lr_scheduler_type: "cosin" });
    expect(finding).toMatchObject({ code: "PLN4023", at: "cosin", fix: "cosine" });
    expect(finding?.message).toContain("accepted are linear, cosine, cosine_with_restarts");
    expect(sft({ report_to: ["wandbb"] })).toMatchObject([{ code: "PLN4023", at: "wandbb", fix: "wandb" }]);
    expect(sft({ pad_to_multiple_of: "8" })).toMatchObject([{ code: "PLN4023" }]);
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

  it("says what is expected", () => {
    expect(sft({ per_device_train_batch_size: 0 })[0]?.message).toBe(
      "per_device_train_batch_size is 0; at least 1 and at most 2147483647 is expected",
    );
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
  it.each(["adamw_torch", "adamw_torch_fused", "sgd", "adagrad", "rmsprop"])("runs %s", (optim) => {
    expect(sft({ optim })).toEqual([]);
  });

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

describe("options that do not work on a sharded model", () => {
  it.each([
    ["auto_find_batch_size", true],
    ["debug", "underflow_overflow"],
    ["debug", ["underflow_overflow"]],
    ["enable_jit_checkpoint", true],
    ["push_to_hub", true],
    ["use_liger_kernel", true],
  ])("refuses %s: %s", (name, value) => {
    expect(sft({ [name]: value }).map(({ code }) => code)).toEqual(["PLN4028"]);
  });

  it("refuses what would change the batch", () => {
    expect(sft({ accelerator_config: { split_batches: true } })).toMatchObject([{ code: "PLN4028", at: "true" }]);
    expect(sft({ accelerator_config: { even_batches: false } })).toMatchObject([{ code: "PLN4028" }]);
    expect(sft({ accelerator_config: { even_batches: true, non_blocking: true } })).toEqual([]);
  });
});

describe("options inside options", () => {
  it("knows their keys", () => {
    expect(sft({ accelerator_config: { split_batch: true } })).toMatchObject([
      { code: "PLN4020", at: "split_batch", fix: "split_batches" },
    ]);
    expect(sft({ dataset_kwargs: { foo: 1 } })).toMatchObject([{ code: "PLN4020" }]);
    expect(sft({ accelerator_config: { split_batches: 1 } })).toMatchObject([{ code: "PLN4022" }]);
  });

  it("knows what each schedule takes and needs", () => {
    const cosine = { lr_scheduler_type: "cosine_with_min_lr" };
    expect(sft(cosine)).toMatchObject([{ code: "PLN4025", at: "cosine_with_min_lr" }]);
    expect(sft({ ...cosine, lr_scheduler_kwargs: { min_lr: 1e-6 } })).toEqual([]);
    expect(sft({ lr_scheduler_type: "warmup_stable_decay" })[0]?.message).toContain("num_decay_steps");
    expect(sft({ lr_scheduler_kwargs: { num_cycles: 2 } })).toMatchObject([
      { code: "PLN4020", help: "drop num_cycles" },
    ]);
    expect(sft({ lr_scheduler_type: "cosine", lr_scheduler_kwargs: { num_cycles: 2 } })).toEqual([]);
  });

  it("leaves what is recomputed to the plan", () => {
    for (const at of ["gradient_checkpointing", "gradient_checkpointing_kwargs", "activation_checkpointing"]) {
      expect(sft({ [at]: null })).toMatchObject([{ code: "PLN4021", at, help: `drop ${at} and write recompute` }]);
    }
  });

  it("reads optim_args as the trainer does", () => {
    expect(sft({ optim: "sgd", optim_args: "momentum=0.9, nesterov=True" })).toEqual([]);
    expect(sft({ optim: "sgd", optim_args: "momentum" })).toMatchObject([{ code: "PLN4022" }]);
    expect(sft({ optim: "sgd", optim_args: "a=1=2" })).toMatchObject([{ code: "PLN4022" }]);
  });
});

describe("options that do not go together", () => {
  it.each([
    [{ packing: true, max_length: null }, "null"],
    [{ padding_free: true }, "true"],
    [{ dataloader_prefetch_factor: 2 }, "2"],
    [{ dataloader_persistent_workers: true }, "true"],
  ])("refuses %o", (options, at) => {
    expect(sft(options)).toMatchObject([{ code: "PLN4025", at }]);
  });

  it("takes them with what they need", () => {
    expect(sft({ padding_free: true, max_length: null })).toEqual([]);
    expect(sft({ padding_free: true, packing: true })).toEqual([]);
    expect(
      sft({ dataloader_prefetch_factor: 2, dataloader_num_workers: 4, dataloader_persistent_workers: true }),
    ).toEqual([]);
  });
});

describe("warnings", () => {
  it("lets `none` and `all` stand alone", () => {
    expect(sft({ report_to: ["none", "wandb"] })[0]).toMatchObject({ code: "PLN4025" });
    expect(sft({ report_to: ["tensorboard", "trackio"] })).toEqual([]);
  });
  it("says what is deprecated", () => {
    expect(sft({ loss_type: "chunked_nll" })).toMatchObject([{ code: "PLN4033", fix: "nll" }]);
    expect(sft({ packing: true, packing_strategy: "bfd-requeue" })).toMatchObject([
      { code: "PLN4033", fix: "bfd_split" },
    ]);
    expect(sft({ pad_token: "<pad>" })).toMatchObject([{ code: "PLN4033", at: "pad_token" }]);
  });

  it.each([
    [{ max_steps: 100, num_train_epochs: 2 }, "num_train_epochs"],
    [{ packing_strategy: "wrapped" }, "packing_strategy"],
    [{ eval_steps: 10 }, "eval_steps"],
    [{ ddp_static_graph: true }, "ddp_static_graph"],
    [{ lr_scheduler_type: "constant", warmup_steps: 10 }, "warmup_steps"],
    [{ hub_model_id: "a/b" }, "hub_model_id"],
    [{ restore_callback_states_from_checkpoint: true }, "restore_callback_states_from_checkpoint"],
  ])("says what has no effect in %o", (options, at) => {
    expect(sft(options)).toMatchObject([{ code: "PLN4034", at }]);
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

it("PLN4062: takes a chat template from a file alone", () => {
  expect(sft({ chat_template_path: "Qwen/Qwen3-4B" })).toMatchObject([{ code: "PLN4062", at: "Qwen/Qwen3-4B" }]);
  for (const path of ["chat.jinja", "/data/chat.j2", null]) expect(sft({ chat_template_path: path })).toEqual([]);
});
