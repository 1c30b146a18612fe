/** How the ranks share the model: `pp_size * dp_replicate_size * fsdp_size * tp_size` ranks in all. */
export interface ParallelismSection {
  /**
   * Number of ranks that own distinct experts. 1: no expert parallelism.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 8
   */
  readonly ep_size?: number;
  /**
   * Number of ranks that shard the parameters and each take their own batch. Omitted: what the cluster's GPUs leave.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @example 8
   */
  readonly fsdp_size?: number;
  /**
   * Number of ranks that split the dense layers of one batch.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly tp_size?: number;
  /**
   * Number of replicas of the sharded model (HSDP).
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly dp_replicate_size?: number;
  /**
   * Number of pipeline stages.
   * @integer
   * @minimum 1
   * @maximum 1048576
   * @default 1
   * @example 1
   */
  readonly pp_size?: number;
  /**
   * `default`, or rules, `pattern: style`, merged over the release's default for the family.
   * @default "default"
   * @example "default"
   * @example { "layers.*.mlp.experts": "ep_dispatch_experts" }
   */
  readonly base_model_ep_plan?: "default" | Readonly<Record<string, string>>;
  /**
   * How tokens reach the experts.
   * @value planc each token is sent once to each rank that has one of its experts, and comes back summed (the bundle's own)
   * @value all_to_all the engine's: each token is sent once for each of its experts
   * @value all_reduce the engine's: each rank runs its experts on the batch that the whole group shares; outputs are summed
   * @value auto the engine's choice: all_to_all in training
   * @default "planc"
   * @example "planc"
   */
  readonly ep_implementation?: EpImplementation;
  /**
   * Assignments of tokens to experts that the fullest rank of an ep group gets, over the mean of its ranks, as a run of this
   * model on such data measured it (`rank_load` of its `measured.json`): 1 is even. Omitted: not known.
   * @minimum 1
   * @maximum 1048576
   * @example 1.3
   */
  readonly rank_load?: number;
}

/** How tokens reach the experts. */
export type EpImplementation = "planc" | "all_to_all" | "all_reduce" | "auto";
