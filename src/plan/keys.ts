import type {
  ClusterSection,
  ConversionSection,
  DataSection,
  ExportSection,
  GpuSection,
  ModelSection,
  ParallelismSection,
  PlanFile,
  PrecisionSection,
  SchedulerSection,
  StackSection,
  VersionsSection,
} from "./types.ts";

/** Every key of a section; the compiler refuses a list that misses one. */
type All<Section> = Readonly<Record<keyof Section & string, true>>;

const plan: All<Omit<PlanFile, "$schema">> = {
  version: true,
  name: true,
  model: true,
  stack: true,
  cluster: true,
  parallelism: true,
  precision: true,
  recompute: true,
  data: true,
  sft: true,
  conversion: true,
  export: true,
};
const model: All<ModelSection> = {
  config: true,
  checkpoint: true,
  revision: true,
  layout: true,
  tokenizer: true,
  tokenizer_revision: true,
  attn_implementation: true,
};
const stack: All<StackSection> = { engine: true, trainer: true, versions: true, untested: true };
const versions: All<VersionsSection> = { transformers: true, trl: true, accelerate: true, torch: true };
const cluster: All<ClusterSection> = {
  gpu: true,
  nodes: true,
  gpus_per_node: true,
  scheduler: true,
  activate: true,
  env: true,
};
const gpu: All<GpuSection> = { name: true, memory_gb: true };
const scheduler: All<SchedulerSection> = { kind: true };
const parallelism: All<ParallelismSection> = {
  ep_size: true,
  fsdp_size: true,
  tp_size: true,
  dp_replicate_size: true,
  pp_size: true,
  base_model_ep_plan: true,
  ep_implementation: true,
};
const precision: All<PrecisionSection> = { parameters: true, compute: true, reduce: true };
const data: All<DataSection> = { path: true, name: true, split: true, eval_path: true, eval_split: true };
const conversion: All<ConversionSection> = { to: true, max_shard_size: true };
const exported: All<ExportSection> = { layout: true, dtype: true, max_shard_size: true };

const keys: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  "": plan,
  model,
  stack,
  "stack.versions": versions,
  cluster,
  "cluster.gpu": gpu,
  "cluster.scheduler": scheduler,
  parallelism,
  precision,
  data,
  conversion,
  export: exported,
};

/** The keys that a section of the plan may hold; `""` is the top level. Empty for free mappings. */
export function keysOf(section: string): readonly string[] {
  return Object.keys(keys[section] ?? {});
}

/** The section that a key belongs to, for a key written in the wrong one. */
export function sectionOf(key: string): string | undefined {
  return Object.keys(keys).find((section) => section !== "" && Object.hasOwn(keys[section] ?? {}, key));
}
