/**
 * The lock: everything that a plan resolves to, as one object. `plan.lock.json` holds it with the digests of the
 * bundle's other files; `planc explain --format json` prints it. Its schema is `schema/lock.schema.json`; scripts count
 * on the names, so a key is never renamed without a new `version`.
 */
import packageJson from "../../package.json" with { type: "json" };
import type { Links } from "../cluster/cluster.ts";
import type { Batch, Memory } from "../estimate/estimate.ts";
import { attentionBytes } from "../estimate/memory.ts";
import { type FlopsPerToken, flopsPerToken } from "../estimate/operations.ts";
import type { TrafficByAxis } from "../estimate/traffic.ts";
import type { EmittedFile } from "../host.ts";
import { families } from "../model/families.ts";
import type { Totals } from "../model/model.ts";
import type { DataSource, Plan, Provenance } from "../plan/plan.ts";
import { spelled } from "../plan/written.ts";
import type { Adapter } from "../stack/adapter.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { standIns } from "../stack/known.ts";
import type { Conversion, Export, Package } from "../stack/loading.ts";
import { type AdaptersLock, adaptersLock } from "./adapters-lock.ts";
import { type CurveLock, curveLock } from "./curve-lock.ts";
import { sha256 } from "./digests.ts";
import { type MeshLock, meshLock } from "./mesh-lock.ts";
import { provenanceOf } from "./provenance.ts";
import { type TensorLock, tensorLock } from "./tensor-lock.ts";
import { type TimeLock, timeLock } from "./time-lock.ts";

export interface Lock {
  /** Of the lock's format. */
  readonly version: 1;
  /** The planc that made it. */
  readonly planc: string;
  readonly plan: PlanLock;
  readonly model: {
    readonly model_type: string;
    readonly architecture: string;
    readonly layout: string;
    readonly dtype: string;
    readonly parameters: Totals;
    readonly num_experts: number;
    readonly num_experts_per_tok: number;
    /** Floating-point operations of forward and backward. */
    readonly flops_per_token: FlopsPerToken;
    /** Numbers of layers behind the model's own that transformers leaves out without a word. */
    readonly unread_layers: readonly number[];
    /** Modules beside the text model, which are not trained; empty where there is no other part. */
    readonly towers: readonly string[];
    /** Of these, the ones that are no module but a single parameter. */
    readonly tower_parameters: readonly string[];
    readonly tensors: readonly TensorLock[];
  };
  readonly mesh: MeshLock;
  /** Bytes on the rank that holds the most; attention's together, so that the figures can be added up. */
  readonly memory: Omit<Memory, "attention" | "curve" | "at" | "least"> & { readonly attention: number | null };
  /** The same over a step, in the order of its program; null where there is no peak. */
  readonly memory_over_step: CurveLock | null;
  /** Axis → bytes that a rank sends over it, for the axes with more than one rank. */
  readonly traffic: TrafficByAxis;
  readonly batch: Batch;
  readonly time: TimeLock;
  readonly conversion: Conversion;
  readonly export: Export;
  /** The arguments of PEFT's LoraConfig; null where the whole model is trained. */
  readonly lora: Adapter["config"] | null;
  /** What is trained of adapters; null where the whole model is trained. */
  readonly adapters: AdaptersLock | null;
  readonly engine: {
    readonly name: string;
    readonly version: string;
    /** Full path → style. */
    readonly base_model_ep_plan: Readonly<Record<string, string>>;
    /** Packages beside the stack that the job needs. */
    readonly packages: readonly Package[];
  };
  readonly trainer: {
    readonly name: string;
    readonly version: string;
    readonly task: string;
    readonly config_class: string;
    readonly trainer_class: string;
  };
  readonly digests: { readonly "config.json": string };
  /** The plan's path from the bundle, null where it has none. Only in `plan.lock.json`. */
  readonly place?: string | null;
  /** Path → sha256 of every other file of the bundle. Only in `plan.lock.json`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Dotted path → where the value came from. */
  readonly provenance: Provenance;
}

/** The plan as it was understood: defaults filled in, sizes inferred. */
interface PlanLock {
  readonly name: string;
  readonly model: Pick<Plan["model"], "config" | "checkpoint"> & {
    readonly revision: string | null;
    /** Null for the checkpoint's own. */
    readonly tokenizer: string | null;
    readonly tokenizer_revision: string | null;
    /** What computes attention. */
    readonly attn_implementation: string;
  };
  readonly stack: Pick<Plan["stack"], "engine" | "trainer"> & {
    readonly versions: Plan["versions"];
    /** Package → the release whose data stand in for one that planc has not read or was not tested with. */
    readonly untested: Readonly<Record<string, string>>;
  };
  readonly cluster: {
    readonly gpu: {
      readonly name: string;
      readonly memory: number;
      readonly peak_flops: number | null;
      /** Null, as `links`, for a type that planc has no record of. */
      readonly device_name: string | null;
      readonly links: Links | null;
    };
    readonly nodes: number;
    readonly gpus_per_node: number;
    readonly scheduler: Plan["cluster"]["scheduler"];
    readonly activate: string | null;
    readonly fabric: string | null;
    readonly fabric_env: string | null;
    readonly env: Plan["cluster"]["env"];
  };
  readonly parallelism: {
    readonly ep_size: number;
    readonly fsdp_size: number;
    readonly tp_size: number;
    readonly dp_replicate_size: number;
    readonly pp_size: number;
    readonly ep_implementation: string;
    /** Null where the plan does not say. */
    readonly rank_load: number | null;
  };
  readonly precision: Plan["precision"];
  readonly recompute: Plan["recompute"];
  readonly data: SourceLock & { readonly evaluation: SourceLock | null };
  /** Under the name of the plan's task: as written; what is left out has the trainer's own default. */
  readonly sft?: Plan["options"];
  readonly dpo?: Plan["options"];
  /** With PEFT's defaults; null where the whole model is trained. */
  readonly lora: Plan["lora"] | null;
}

interface SourceLock {
  readonly path: string;
  readonly name: string | null;
  readonly split: string;
}

/** `bundle`: its other files and the way from it to the plan, when the lock is to lie there. */
export function lockOf(
  facts: MeshFacts,
  bundle?: { readonly files: readonly EmittedFile[]; readonly place: string | null },
): Lock {
  const { model, release, epPlan } = facts;
  const { at: _, least: __, curve, ...memory } = facts.memory;
  return {
    version: 1,
    planc: packageJson.version,
    plan: planLock(facts),
    model: {
      model_type: model.model_type,
      architecture: model.architecture,
      layout: facts.layout,
      dtype: model.dtype,
      parameters: model.totals,
      num_experts: model.sizes.num_experts,
      num_experts_per_tok: model.sizes.num_experts_per_tok,
      flops_per_token: flopsPerToken(model, facts.adapter?.pairs),
      unread_layers: families.get(model.model_type)?.unread ?? [],
      towers: model.towers ?? [],
      tower_parameters: model.towerParameters ?? [],
      tensors: facts.placed.map(tensorLock),
    },
    mesh: meshLock(facts.mesh),
    memory: { ...memory, attention: memory.attention === null ? null : attentionBytes(facts.memory) },
    memory_over_step: curveLock(curve),
    traffic: facts.traffic,
    batch: facts.batch,
    time: timeLock(facts.time),
    conversion: facts.conversion,
    export: facts.export,
    lora: facts.adapter?.config ?? null,
    adapters: adaptersLock(facts),
    engine: {
      name: facts.engine.name,
      version: release.version,
      base_model_ep_plan: epPlan,
      packages: facts.packages,
    },
    trainer: {
      name: facts.trainer.name,
      version: facts.task.release,
      task: facts.task.key,
      config_class: facts.task.config_class,
      trainer_class: facts.task.trainer_class,
    },
    digests: { "config.json": sha256(model.config.text) },
    ...(bundle === undefined
      ? {}
      : {
          place: bundle.place,
          files: Object.fromEntries(bundle.files.map(({ path, content }) => [path, sha256(content)])),
        }),
    provenance: provenanceOf(facts),
  };
}

function planLock(facts: MeshFacts): PlanLock {
  const { plan, attention, cluster, sizes } = facts;
  const { world_size: _, ...parallel } = sizes;
  const { evaluation } = plan.data;
  return {
    name: plan.name,
    model: {
      config: plan.model.config,
      checkpoint: plan.model.checkpoint,
      revision: plan.model.revision ?? null,
      tokenizer: plan.model.tokenizer ?? null,
      tokenizer_revision: plan.model.tokenizer_revision ?? null,
      attn_implementation: attention.implementation,
    },
    stack: {
      engine: plan.stack.engine,
      trainer: plan.stack.trainer,
      versions: plan.versions,
      untested: standIns(facts),
    },
    cluster: {
      gpu: {
        name: cluster.gpu.name,
        memory: cluster.gpu.memory,
        peak_flops: cluster.gpu.peakFlops ?? null,
        device_name: cluster.gpu.deviceName ?? null,
        links: cluster.gpu.links ?? null,
      },
      nodes: cluster.nodes,
      gpus_per_node: cluster.gpus_per_node,
      scheduler: plan.cluster.scheduler,
      activate: plan.cluster.activate ?? null,
      fabric: plan.cluster.fabric ?? null,
      fabric_env: plan.cluster.fabric_env ?? null,
      env: plan.cluster.env,
    },
    parallelism: {
      ...parallel,
      ep_implementation: plan.parallelism.ep_implementation,
      rank_load: plan.parallelism.rank_load ?? null,
    },
    precision: plan.precision,
    recompute: plan.recompute,
    data: { ...sourceLock(plan.data), evaluation: evaluation === undefined ? null : sourceLock(evaluation) },
    lora: plan.lora ?? null,
    [plan.task]: spelled(plan.written, [plan.task], plan.options) as Plan["options"],
  };
}

function sourceLock({ path, name, split }: DataSource): SourceLock {
  return { path, name: name ?? null, split };
}
