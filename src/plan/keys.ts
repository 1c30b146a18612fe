import type {
  ClusterSection,
  ConversionSection,
  DataSection,
  ExportSection,
  GpuSection,
  KubernetesSection,
  LocalSection,
  LoraSection,
  ModelSection,
  ParallelismSection,
  PlanFile,
  PodSection,
  PodTolerationSection,
  PodVolumeSection,
  PrecisionSection,
  SchedulerSection,
  SkypilotMountSection,
  SkypilotRecoverySection,
  SkypilotSection,
  SlurmPrepareSection,
  SlurmSection,
  StackSection,
  TrainJobSection,
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
  dpo: true,
  lora: true,
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
const versions: All<VersionsSection> = { transformers: true, trl: true, accelerate: true, torch: true, peft: true };
const cluster: All<ClusterSection> = {
  gpu: true,
  nodes: true,
  gpus_per_node: true,
  scheduler: true,
  activate: true,
  fabric: true,
  fabric_env: true,
  env: true,
};
const gpu: All<GpuSection> = { name: true, memory_gb: true };
const local: All<LocalSection> = { kind: true };
const skypilot: All<SkypilotSection> = {
  kind: true,
  managed: true,
  accelerators: true,
  infra: true,
  use_spot: true,
  cpus: true,
  memory: true,
  disk_size: true,
  disk_tier: true,
  network_tier: true,
  image_id: true,
  job_recovery: true,
  file_mounts: true,
  volumes: true,
  secrets: true,
  setup: true,
};
const skypilotRecovery: All<SkypilotRecoverySection> = { strategy: true, max_restarts_on_errors: true };
const skypilotMount: All<SkypilotMountSection> = { source: true, mode: true };
const slurm: All<SlurmSection> = {
  kind: true,
  account: true,
  partition: true,
  qos: true,
  reservation: true,
  constraint: true,
  exclude: true,
  time: true,
  signal: true,
  requeue: true,
  gres: true,
  exclusive: true,
  "cpus-per-task": true,
  mem: true,
  "mail-user": true,
  "mail-type": true,
  "container-image": true,
  "container-mounts": true,
  prepare: true,
};
const slurmPrepare: All<SlurmPrepareSection> = {
  partition: true,
  qos: true,
  time: true,
  "cpus-per-task": true,
  mem: true,
};
const pod: All<PodSection> = {
  image: true,
  bundle: true,
  name: true,
  namespace: true,
  queueName: true,
  gpuResource: true,
  resources: true,
  volumes: true,
  nodeSelector: true,
  tolerations: true,
  annotations: true,
  serviceAccountName: true,
  imagePullSecrets: true,
  envFrom: true,
  priorityClassName: true,
  terminationGracePeriodSeconds: true,
};
const podVolume: All<PodVolumeSection> = { claimName: true, mountPath: true, subPath: true, readOnly: true };
const podToleration: All<PodTolerationSection> = { key: true, operator: true, value: true, effect: true };
const kubernetes: All<KubernetesSection> = { kind: true, ...pod, backoffLimitPerIndex: true };
const trainjob: All<TrainJobSection> = {
  kind: true,
  ...pod,
  trainer: true,
  runtimeRef: true,
  requeue: true,
  backoffLimitPerIndex: true,
};
const schedulers: Readonly<Record<SchedulerSection["kind"], Readonly<Record<string, true>>>> = {
  local,
  skypilot,
  slurm,
  kubernetes,
  trainjob,
};
const parallelism: All<ParallelismSection> = {
  ep_size: true,
  fsdp_size: true,
  tp_size: true,
  dp_replicate_size: true,
  pp_size: true,
  base_model_ep_plan: true,
  ep_implementation: true,
  rank_load: true,
};
const precision: All<PrecisionSection> = { parameters: true, compute: true, reduce: true };
const data: All<DataSection> = { path: true, name: true, split: true, eval_path: true, eval_split: true };
const lora: All<LoraSection> = {
  targets: true,
  r: true,
  lora_alpha: true,
  lora_dropout: true,
  target_modules: true,
  target_parameters: true,
  use_rslora: true,
  init_lora_weights: true,
  exclude_modules: true,
  modules_to_save: true,
  layers_to_transform: true,
  layers_pattern: true,
  rank_pattern: true,
  alpha_pattern: true,
  bias: true,
};
const conversion: All<ConversionSection> = { to: true, max_shard_size: true };
const exported: All<ExportSection> = { layout: true, dtype: true, max_shard_size: true };

const keys: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  "": plan,
  model,
  stack,
  "stack.versions": versions,
  cluster,
  "cluster.gpu": gpu,
  "cluster.scheduler": Object.assign({}, ...Object.values(schedulers)),
  "cluster.scheduler.prepare": slurmPrepare,
  "cluster.scheduler.job_recovery": skypilotRecovery,
  "cluster.scheduler.volumes": podVolume,
  "cluster.scheduler.tolerations": podToleration,
  parallelism,
  precision,
  data,
  lora,
  conversion,
  export: exported,
};

/**
 * The keys that a section of the plan may hold; `""` is the top level, `[0]` behind a name a place in a list. Empty for free
 * mappings.
 *
 * @param kind of a section that has several forms, the one that is written.
 */
export function keysOf(section: string, kind?: unknown): readonly string[] {
  if (section === "cluster.scheduler" && isKind(kind)) return Object.keys(schedulers[kind]);
  if (section.startsWith("cluster.scheduler.file_mounts.")) return Object.keys(skypilotMount);
  return Object.keys(keys[section.replace(/\[\d+\]$/, "")] ?? {});
}

function isKind(kind: unknown): kind is SchedulerSection["kind"] {
  return typeof kind === "string" && Object.hasOwn(schedulers, kind);
}

/** The section that a key belongs to, for a key written in the wrong one. */
export function sectionOf(key: string): string | undefined {
  return Object.keys(keys).find((section) => section !== "" && Object.hasOwn(keys[section] ?? {}, key));
}
