import { besides, type Path } from "../source/path.ts";
import { isMapping } from "../text/values.ts";
import type { DataSource, Lora, Origin, Plan, Provenance, Written } from "./plan.ts";
import { schedulerDefaults, scheduling } from "./scheduling.ts";
import { tasks } from "./task.ts";
import type { ClusterSection, DataSection, LoraSection, ModelSection, ParallelismSection, PlanFile } from "./types.ts";

/** What an omitted key means. The types in `types.ts` document the same values; a test compares the two. */
export const defaults = {
  "stack.untested": false,
  "cluster.scheduler.kind": "local",
  "parallelism.ep_size": 1,
  "parallelism.tp_size": 1,
  "parallelism.dp_replicate_size": 1,
  "parallelism.pp_size": 1,
  "parallelism.base_model_ep_plan": "default",
  "parallelism.ep_implementation": "planc",
  "precision.parameters": "float32",
  "precision.compute": "bfloat16",
  "precision.reduce": "float32",
  "data.split": "train",
  "lora.r": 8,
  "lora.lora_alpha": 8,
  "lora.lora_dropout": 0,
  "lora.use_rslora": false,
  "lora.init_lora_weights": true,
  "lora.rank_pattern": {},
  "lora.alpha_pattern": {},
  "lora.bias": "none",
  "conversion.max_shard_size": "5GB",
  "export.max_shard_size": "5GB",
} as const;

/** A valid plan file with its shared sections in place. */
export interface MountedPlan extends PlanFile {
  readonly model: ModelSection;
  readonly cluster: ClusterSection;
  readonly parallelism: ParallelismSection;
}

/** Fills in the defaults of a valid plan. */
export function resolve(file: MountedPlan, written: Written): Plan {
  const { model, cluster, parallelism, precision, data, conversion } = file;
  const rules = parallelism.base_model_ep_plan;
  const task = tasks.find((name) => file[name] !== undefined) ?? tasks[0];
  return {
    written,
    provenance: provenance(file),
    name: file.name,
    model: {
      config: model.config,
      configFile: besides(written.fileOf("model.config"), model.config),
      checkpoint: model.checkpoint,
      revision: model.revision,
      layout: model.layout,
      tokenizer: model.tokenizer,
      tokenizer_revision: model.tokenizer_revision,
      attn_implementation: model.attn_implementation,
    },
    stack: {
      engine: file.stack.engine,
      trainer: file.stack.trainer,
      untested: file.stack.untested ?? defaults["stack.untested"],
    },
    versions: file.stack.versions,
    cluster: {
      gpu: cluster.gpu,
      nodes: cluster.nodes,
      gpus_per_node: cluster.gpus_per_node,
      scheduler: scheduling(cluster.scheduler ?? { kind: defaults["cluster.scheduler.kind"] }),
      activate: cluster.activate,
      fabric: cluster.fabric,
      fabric_env: cluster.fabric_env,
      env: Object.fromEntries(
        Object.entries(cluster.env ?? {}).map(([name, value]) => [
          name,
          written.raw(["cluster", "env", name]) ?? String(value),
        ]),
      ),
    },
    parallelism: {
      ep_size: parallelism.ep_size ?? defaults["parallelism.ep_size"],
      fsdp_size: parallelism.fsdp_size,
      tp_size: parallelism.tp_size ?? defaults["parallelism.tp_size"],
      dp_replicate_size: parallelism.dp_replicate_size ?? defaults["parallelism.dp_replicate_size"],
      pp_size: parallelism.pp_size ?? defaults["parallelism.pp_size"],
      base_model_ep_plan: typeof rules === "object" ? rules : {},
      ep_implementation: parallelism.ep_implementation ?? defaults["parallelism.ep_implementation"],
      rank_load: parallelism.rank_load,
    },
    precision: {
      parameters: precision?.parameters ?? defaults["precision.parameters"],
      compute: precision?.compute ?? defaults["precision.compute"],
      reduce: precision?.reduce ?? defaults["precision.reduce"],
    },
    recompute: file.recompute ?? "full",
    data: resolveData(data),
    task,
    options: file[task] ?? {},
    lora: file.lora && resolveLora(file.lora),
    conversion:
      conversion === undefined
        ? undefined
        : { to: conversion.to, max_shard_size: conversion.max_shard_size ?? defaults["conversion.max_shard_size"] },
    export: {
      layout: file.export?.layout,
      dtype: file.export?.dtype,
      max_shard_size: file.export?.max_shard_size ?? defaults["export.max_shard_size"],
    },
  };
}

function resolveLora(lora: LoraSection): Lora {
  return {
    ...lora,
    r: lora.r ?? defaults["lora.r"],
    lora_alpha: lora.lora_alpha ?? defaults["lora.lora_alpha"],
    lora_dropout: lora.lora_dropout ?? defaults["lora.lora_dropout"],
    use_rslora: lora.use_rslora ?? defaults["lora.use_rslora"],
    init_lora_weights: lora.init_lora_weights ?? defaults["lora.init_lora_weights"],
    rank_pattern: lora.rank_pattern ?? defaults["lora.rank_pattern"],
    alpha_pattern: lora.alpha_pattern ?? defaults["lora.alpha_pattern"],
    bias: lora.bias ?? defaults["lora.bias"],
  };
}

function resolveData({ path, name, split, eval_path, eval_split }: DataSection): Plan["data"] {
  const fallback = defaults["data.split"];
  const hasEvaluation = eval_path !== undefined || eval_split !== undefined;
  // The configuration's name is of `path`: another dataset has its own.
  const evaluation: DataSource = {
    path: eval_path ?? path,
    name: eval_path === undefined ? name : undefined,
    split: eval_split ?? fallback,
  };
  return { path, name, split: split ?? fallback, evaluation: hasEvaluation ? evaluation : undefined };
}

function provenance(file: MountedPlan): Provenance {
  const origins: Record<string, Origin> = {};
  const visit = (value: unknown, path: Path): void => {
    const free =
      path.length === 2 && ["env", "base_model_ep_plan", "rank_pattern", "alpha_pattern"].includes(String(path[1]));
    const isOpen = path.length === 1 && tasks.some((task) => task === path[0]);
    if (isOpen) for (const key of Object.keys(value ?? {})) origins[`${path[0]}.${key}`] = { from: "written" };
    else if (isMapping(value) && !free) for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
    else origins[path.join(".")] = { from: "written" };
  };
  const { $schema: _, ...content } = file;
  visit(content, []);
  for (const path of Object.keys(defaults)) {
    if (path.startsWith("conversion.") && file.conversion === undefined) continue;
    if (path.startsWith("lora.") && file.lora === undefined) continue;
    origins[path] ??= { from: "default" };
  }
  const kind = file.cluster.scheduler?.kind ?? defaults["cluster.scheduler.kind"];
  for (const path of leaves(schedulerDefaults[kind])) origins[`cluster.scheduler.${path}`] ??= { from: "default" };
  return origins;
}

function leaves(tree: object): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isMapping(value) ? leaves(value).map((path) => `${key}.${path}`) : [key],
  );
}
