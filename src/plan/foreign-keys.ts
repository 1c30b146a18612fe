/**
 * Keys of other tools that people write into plans, and what planc calls the same thing. Said instead of a spelling
 * suggestion, because some of them are accepted elsewhere and silently do nothing.
 */
const foreign: Readonly<Record<string, string>> = {
  parallelism_config_ep_size: "write parallelism.ep_size; accelerate accepts this key and ignores it",
  enable_expert_parallel: "write parallelism.ep_size: the flag alone distributes nothing",
  expert_parallel_size: "write parallelism.ep_size",
  expert_model_parallel_size: "write parallelism.ep_size",
  ep_degree: "write parallelism.ep_size",
  ep_plan: "write parallelism.base_model_ep_plan",
  tensor_parallel_size: "write parallelism.tp_size",
  tensor_model_parallel_size: "write parallelism.tp_size",
  tp_degree: "write parallelism.tp_size",
  tp_plan: "planc uses the tensor-parallel plan of the release; only base_model_ep_plan can be changed",
  pipeline_parallel_size: "write parallelism.pp_size",
  data_parallel_size: "write parallelism.fsdp_size, or leave it out and it is inferred",
  dp_size: "write parallelism.fsdp_size, or leave it out and it is inferred",
  dp_shard_size: "write parallelism.fsdp_size",
  efsdp_size: "efsdp follows from the others: fsdp_size * tp_size / ep_size",
  cp_size: "context parallelism does not work with this engine yet",
  sp_size: "sequence parallelism does not work with this engine yet",
  num_nodes: "write cluster.nodes",
  nnodes: "write cluster.nodes",
  num_machines: "write cluster.nodes",
  num_processes: "write cluster.nodes and cluster.gpus_per_node",
  num_gpus: "write cluster.gpus_per_node",
  gpu_type: "write cluster.gpu",
  "gpus-per-node": "write cluster.gpus_per_node",
  ntasks:
    "srun starts launch.sh once on each node, and that starts a process for each GPU: cluster.nodes and cluster.gpus_per_node",
  "ntasks-per-node":
    "srun starts launch.sh once on each node, and that starts a process for each GPU: cluster.gpus_per_node",
  "job-name": "the job has the plan's name",
  dataset: "write data.path",
  dataset_name: "write data.path",
  model_name_or_path: "write model.checkpoint",
  config_path: "write model.config",
  dtype: "write precision.parameters and precision.compute",
  torch_dtype: "write precision.parameters and precision.compute",
  training: "the trainer's options go under sft, or under dpo",
  train: "the trainer's options go under sft, or under dpo",
  trainer_args: "the trainer's options go under sft, or under dpo",
  peft: "write lora",
  peft_config: "write lora, with the keys of PEFT's LoraConfig",
  lora_r: "write lora.r",
  lora_rank: "write lora.r",
  lora_target: "write lora.targets or lora.target_modules",
  lora_target_modules: "write lora.target_modules",
  use_dora: "DoRA does not work: it needs the norms of whole matrices, which are sharded",
  lora_bias: "adapters have no biases here",
  fan_in_fan_out: "no model here stores its linear layers so",
  trainable_token_indices: "embeddings are not trained with lora",
  layer_replication: "the model keeps its layers",
  loftq_config: "quantised models are not adapted",
  task_type: "planc sets it",
  grpo: "of the trainer's tasks sft and dpo work",
  task: "the section with the options is the task: sft or dpo; leave the key out",
};

/** What to write instead of another tool's key. */
export function insteadOf(key: string): string | undefined {
  return Object.hasOwn(foreign, key) ? foreign[key] : undefined;
}
