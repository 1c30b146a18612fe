/** The options of the trainer's release as data, and what schema and reference say about them. */
import { readFileSync } from "node:fs";
import { stacks } from "../../src/stacks.ts";
import { plancOwned } from "../../src/trainers/trl/options/owned.ts";
import { root } from "../root.ts";
import type { Json } from "./language.ts";

export interface OptionData {
  readonly types: readonly string[];
  readonly items?: string;
  readonly values?: readonly string[];
  readonly deprecated_values?: Readonly<Record<string, string>>;
  readonly deprecated?: true;
  readonly instead?: string;
  readonly default: Json;
}

export interface TrainerData {
  readonly version: string;
  readonly class: string;
  readonly options: Readonly<Record<string, OptionData>>;
}

/** The release that planc is tested with: schema and reference show its options. */
const minor = stacks.tested.trl.split(".").slice(0, 2).join(".");
const sft = read("sft");
const dpo = read("dpo");

/** The types of `src/plan/types.ts` that are a task's options → the class that declares them. */
export const trainers: Readonly<Record<string, TrainerData>> = {
  SftOptions: sft,
  DpoOptions: { ...dpo, options: withoutNull({ ...sft.options, ...dpo.options }) },
};

function read(task: string): TrainerData {
  return JSON.parse(readFileSync(`${root}src/trainers/trl/releases/${minor}/${task}.json`, "utf8"));
}

function withoutNull<T>(entries: Readonly<Record<string, T | null>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([name, entry]) => (entry === null ? [] : [[name, entry]])),
  );
}

/** "int or none", "str (one of: no, steps, epoch)". */
export function typeInWords(option: OptionData): string {
  return option.types.map((name) => (name === "list" ? `list of ${option.items}` : name)).join(" or ");
}

/** A float default as Python writes it, so that 2e-05 reads as in the trainer's own documentation. */
export function defaultInWords(option: OptionData): string {
  if (option.default === null) return "none";
  if (option.default === "") return '""';
  return String(Array.isArray(option.default) ? JSON.stringify(option.default) : option.default);
}

export function describeOption(trainer: TrainerData, option: OptionData): string {
  const gone = option.deprecated ? ` Deprecated${option.instead ? `: ${option.instead} takes its place` : ""}.` : "";
  return `\`${typeInWords(option)}\`, default ${defaultInWords(option)}. ${trainer.class} option of TRL ${trainer.version}.${gone}`;
}

/** Options that a plan may write, in the release's order. */
export function plainOptions(trainer: TrainerData): [string, OptionData][] {
  return Object.entries(trainer.options).filter(([name]) => !(name in plancOwned));
}

/** An example for each option: its default, or, where that is none, a value that someone would write. */
export function exampleOf(name: string, option: OptionData): Json {
  const example = option.default === null ? examples[name] : option.default;
  if (example === undefined) throw new Error(`${name} has no default: give it an example in scripts/schema/trainer.ts`);
  return example;
}

const examples: Readonly<Record<string, Json>> = {
  output_dir: "output/qwen3-ep8",
  lr_scheduler_kwargs: { num_cycles: 1 },
  optim_args: "weight_decouple=True",
  optim_target_modules: ["all-linear"],
  tf32: true,
  activation_checkpointing: true,
  activation_checkpointing_kwargs: { selective: true },
  gradient_checkpointing_kwargs: { selective: true },
  torch_compile_backend: "inductor",
  torch_compile_mode: "default",
  liger_kernel_config: { rope: true },
  neftune_noise_alpha: 5.0,
  torch_empty_cache_steps: 10,
  disable_tqdm: true,
  run_name: "qwen3-ep8",
  trackio_space_id: "my-org/my-space",
  trackio_bucket_id: "my-org/my-bucket",
  trackio_static_space_id: "my-org/my-space",
  eval_steps: 100,
  eval_accumulation_steps: 1,
  save_total_limit: 2,
  hub_token: "hf_token",
  hub_private_repo: true,
  hub_model_id: "my-org/my-model",
  hub_revision: "main",
  metric_for_best_model: "loss",
  greater_is_better: false,
  data_seed: 42,
  accelerator_config: { even_batches: true },
  dataloader_prefetch_factor: 2,
  dataloader_multiprocessing_context: "fork",
  label_names: ["labels"],
  ddp_find_unused_parameters: false,
  ddp_bucket_cap_mb: 25,
  ddp_broadcast_buffers: false,
  ddp_static_graph: false,
  ddp_backend: "nccl",
  resume_from_checkpoint: "output/qwen3-ep8/checkpoint-100",
  router_aux_loss_coef: 0.001,
  chat_template_path: "chat_template.jinja",
  dataset_kwargs: { skip_prepare_dataset: true },
  dataset_num_proc: 8,
  eos_token: "<|im_end|>",
  eval_packing: false,
  completion_only_loss: true,
  pad_token: "<|endoftext|>",
  precompute_ref_batch_size: 4,
  loss_weights: [1.0],
  ld_alpha: 0.5,
};
