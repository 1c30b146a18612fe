/** An option that planc writes itself: what to write in the plan instead, and why the option is not open. */
export interface Owned {
  /** The key of the plan that sets it; undefined where nothing does. */
  readonly key: string | undefined;
  readonly why: string;
}

/** Trainer options that a plan may not set, because planc derives them or because they would undo the plan. */
export const plancOwned: Readonly<Record<string, Owned>> = {
  model_init_kwargs: { key: "parallelism", why: "planc writes it: it carries the mesh, the number formats and the revision" },
  bf16: { key: "precision.compute", why: "planc derives it from the precision" },
  fp16: { key: "precision.compute", why: "float16 needs loss scaling, which does not work with sharded parameters" },
  fsdp: { key: "parallelism.fsdp_size", why: "it turns on a second sharding beside the engine's" },
  fsdp_config: { key: "parallelism.fsdp_size", why: "it configures a second sharding beside the engine's" },
  deepspeed: { key: "parallelism", why: "DeepSpeed shards the model itself" },
  parallelism_config: { key: "parallelism", why: "the trainer builds it from the mesh" },
  use_cpu: { key: undefined, why: "the bundle's train.py takes --cpu" },
  local_rank: { key: undefined, why: "torchrun sets it" },
};
