/** What a number must be beyond its type. `also` names a value outside the range that the trainer gives a meaning. */
export interface Limit {
  readonly least: number;
  /** The least value itself is out. */
  readonly above?: true;
  readonly below?: number;
  readonly most?: number;
  readonly also?: number;
  /** Whole from 1 on: below 1 it is a share of all steps. */
  readonly steps?: true;
}

const count: Limit = { least: 1, most: 2 ** 31 - 1 };
const rate: Limit = { least: 0, above: true };
const share: Limit = { least: 0, below: 1 };
const notNegative: Limit = { least: 0 };
const steps: Limit = { least: 0, above: true, steps: true };

export const limits: Readonly<Record<string, Limit>> = {
  per_device_train_batch_size: count,
  per_device_eval_batch_size: count,
  gradient_accumulation_steps: count,
  max_length: { least: 2, most: 2 ** 31 - 1 },
  max_steps: { ...count, also: -1 },
  num_train_epochs: rate,
  learning_rate: rate,
  warmup_steps: notNegative,
  weight_decay: notNegative,
  adam_beta1: share,
  adam_beta2: share,
  adam_epsilon: rate,
  max_grad_norm: notNegative,
  label_smoothing_factor: share,
  logging_steps: steps,
  save_steps: steps,
  eval_steps: steps,
  eval_delay: notNegative,
  eval_accumulation_steps: count,
  save_total_limit: count,
  torch_empty_cache_steps: count,
  seed: { least: 0, most: 2 ** 32 - 1 },
  data_seed: { least: 0, most: 2 ** 32 - 1 },
  dataloader_num_workers: { least: 0, most: 4096 },
  dataloader_prefetch_factor: count,
  dataset_num_proc: count,
  ddp_bucket_cap_mb: count,
  ddp_timeout: count,
  neftune_noise_alpha: rate,
  router_aux_loss_coef: notNegative,
  pad_to_multiple_of: count,
  beta: rate,
  ld_alpha: { least: 0, most: 1 },
  label_smoothing: share,
  discopop_tau: rate,
};

export function isWithin(value: number, { least, above, below, most, also, steps: whole }: Limit): boolean {
  if (value === also) return true;
  if (above ? value <= least : value < least) return false;
  if (whole && value > 1 && !Number.isInteger(value)) return false;
  return (below === undefined || value < below) && (most === undefined || value <= most);
}

export function limitInWords({ least, above, below, most, also, steps: whole }: Limit): string {
  const low = above ? `more than ${least}` : `at least ${least}`;
  const high = below !== undefined ? ` and less than ${below}` : most !== undefined ? ` and at most ${most}` : "";
  const rest = whole ? ", whole from 1 on" : also === undefined ? "" : `, or ${also}`;
  return low + high + rest;
}
