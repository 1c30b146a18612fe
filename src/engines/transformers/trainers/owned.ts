/** An option that planc writes itself: what to write in the plan instead, and why the option is not open. */
export interface Owned {
  /** The key of the plan that sets it; undefined where nothing does. */
  readonly key: string | undefined;
  readonly why: string;
}

/** Trainer options that a plan may not set, because planc derives them or because they would undo the plan. */
export const plancOwned: Readonly<Record<string, Owned>> = {
  model_init_kwargs: { key: undefined, why: "it carries the mesh, the number formats and the revision of the plan" },
  bf16: { key: "precision.compute", why: "it follows from the plan's precision" },
  fp16: { key: "precision.compute", why: "float16 needs loss scaling, which does not work on sharded parameters" },
  bf16_full_eval: { key: "precision.compute", why: "it converts the sharded parameters themselves" },
  fp16_full_eval: { key: "precision.compute", why: "it converts the sharded parameters themselves" },
  fsdp: { key: "parallelism.fsdp_size", why: "it would shard the model a second time, through accelerate" },
  fsdp_config: { key: "parallelism.fsdp_size", why: "it configures accelerate's sharding, which must stay off" },
  activation_checkpointing: { key: "recompute", why: "it follows from the plan's recompute" },
  activation_checkpointing_kwargs: { key: "recompute", why: "it follows from the plan's recompute" },
  gradient_checkpointing: { key: "recompute", why: "it follows from the plan's recompute" },
  gradient_checkpointing_kwargs: { key: "recompute", why: "it follows from the plan's recompute" },
  deepspeed: { key: "parallelism", why: "DeepSpeed would shard the model a second time" },
  parallelism_config: { key: "parallelism", why: "the trainer builds it from the plan's mesh" },
  ddp_backend: { key: undefined, why: "it follows from the device: nccl on GPUs, gloo with train.py --cpu" },
  use_cpu: { key: undefined, why: "train.py --cpu sets it" },
  local_rank: { key: undefined, why: "torchrun hands it to each process" },
  hub_token: {
    key: "cluster.env",
    why: "a plan is no place for a secret; log in on the cluster, or set HF_TOKEN there",
  },
};
