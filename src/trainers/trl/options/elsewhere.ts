/**
 * Names that stand in other people's launch lines and configuration files, and are no options of the trainer: what
 * they are, and what to write in a plan. Some of them are accepted and ignored where they come from.
 */
export interface Elsewhere {
  readonly what: string;
  readonly instead: string;
}

const accelerate = "a key of accelerate's configuration file";
const script = "an argument of TRL's training script";
const model = "an argument of from_pretrained";
const mesh = "a field of transformers' DistributedConfig";

const inParallelism = (key: string): Elsewhere => ({ what: mesh, instead: `write it under parallelism: ${key}` });
const sharding = { what: accelerate, instead: "drop it: the engine shards by parallelism, accelerate does not" };
const older = "an option of older releases";
const renamed = (now: string): Elsewhere => ({ what: older, instead: `write ${now}` });
const dropped: Elsewhere = { what: older, instead: "drop it" };

export const elsewhere: Readonly<Record<string, Elsewhere>> = {
  enable_expert_parallel: { what: "an option of no TRL release", instead: "write parallelism.ep_size" },
  expert_parallel_size: { what: "an option of no TRL release", instead: "write parallelism.ep_size" },
  ep_size: inParallelism("ep_size"),
  fsdp_size: inParallelism("fsdp_size"),
  tp_size: inParallelism("tp_size"),
  pp_size: inParallelism("pp_size"),
  dp_replicate_size: inParallelism("dp_replicate_size"),
  ep_plan: inParallelism("base_model_ep_plan"),
  base_model_ep_plan: inParallelism("base_model_ep_plan"),
  ep_implementation: inParallelism("ep_implementation"),
  distributed_config: { what: model, instead: "write its sizes under parallelism" },
  parallelism_config_ep_size: { what: "a key that accelerate ignores", instead: "write parallelism.ep_size" },
  parallelism_config_tp_size: { what: accelerate, instead: "write parallelism.tp_size" },
  parallelism_config_dp_replicate_size: { what: accelerate, instead: "write parallelism.dp_replicate_size" },
  parallelism_config_dp_shard_size: { what: accelerate, instead: "write parallelism.fsdp_size" },
  parallelism_config_cp_size: { what: accelerate, instead: "drop it: context parallelism is not supported" },
  parallelism_config_sp_size: { what: accelerate, instead: "drop it: sequence parallelism is not supported" },
  num_processes: { what: accelerate, instead: "write cluster.nodes and cluster.gpus_per_node" },
  num_machines: { what: accelerate, instead: "write cluster.nodes" },
  distributed_type: sharding,
  mixed_precision: { what: accelerate, instead: "write precision.compute" },
  downcast_bf16: sharding,
  model_name_or_path: { what: script, instead: "write model.checkpoint" },
  model_revision: { what: script, instead: "write model.revision" },
  revision: { what: model, instead: "write model.revision" },
  torch_dtype: { what: model, instead: "write precision.parameters" },
  dtype: { what: model, instead: "write precision.parameters" },
  dataset_name: { what: script, instead: "write data.path" },
  dataset_config: { what: script, instead: "write data.name" },
  dataset_train_split: { what: script, instead: "write data.split" },
  dataset_test_split: { what: script, instead: "write data.eval_split" },
  attn_implementation: { what: model, instead: "write model.attn_implementation" },
  experts_implementation: { what: model, instead: "drop it: the engine chooses" },
  use_kernels: {
    what: model,
    instead: "drop it: the bundle chooses its kernels, and these were not compared with the model's own code",
  },
  device_map: { what: model, instead: "drop it: the mesh places the model" },
  quantization_config: { what: model, instead: "drop it: quantized training is not supported" },
  load_in_4bit: { what: script, instead: "drop it: quantized training is not supported" },
  load_in_8bit: { what: script, instead: "drop it: quantized training is not supported" },
  use_peft: { what: script, instead: "write lora.r, lora.target_modules and the like" },
  peft_config: { what: "an argument of the trainer", instead: "write lora.r, lora.target_modules and the like" },
  lora_r: { what: script, instead: "write lora.r" },
  lora_alpha: { what: script, instead: "write lora.lora_alpha" },
  lora_dropout: { what: script, instead: "write lora.lora_dropout" },
  lora_target_modules: { what: script, instead: "write lora.target_modules" },
  lora_target_parameters: { what: script, instead: "write lora.target_parameters" },
  max_seq_length: renamed("max_length"),
  evaluation_strategy: renamed("eval_strategy"),
  per_gpu_train_batch_size: renamed("per_device_train_batch_size"),
  per_gpu_eval_batch_size: renamed("per_device_eval_batch_size"),
  warmup_ratio: renamed("warmup_steps, which below 1 is a share of all steps"),
  group_by_length: renamed("train_sampling_strategy: group_by_length"),
  no_cuda: dropped,
  overwrite_output_dir: dropped,
  logging_dir: { what: older, instead: "write TENSORBOARD_LOGGING_DIR under cluster.env" },
  save_safetensors: dropped,
  torchdynamo: renamed("torch_compile_backend"),
  include_tokens_per_second: dropped,
  fp16_backend: dropped,
  half_precision_backend: dropped,
  jit_mode_eval: dropped,
  push_to_hub_model_id: renamed("hub_model_id"),
  push_to_hub_token: dropped,
  eval_packing_strategy: { what: "an option of no TRL release", instead: "drop it" },
};

/** accelerate's and FSDP's own keys, whatever they are called exactly: `fsdp_transformer_layer_cls_to_wrap`, …. */
export function elsewhereOf(name: string): Elsewhere | undefined {
  if (Object.hasOwn(elsewhere, name)) return elsewhere[name];
  return /^(fsdp|deepspeed|megatron_lm|dynamo|parallelism_config)_/.test(name) ? sharding : undefined;
}
