import type { Findings } from "../../diagnostics/diagnostic.ts";
import { type Category, categories } from "../../estimate/step/categories.ts";
import type { Source } from "../../source/source.ts";
import { Fields } from "./fields.ts";

/** What a report needs of a plan's lock. */
export interface ReportedPlan {
  readonly name: string;
  /** The planc that made the lock. */
  readonly planc: string;
  readonly model: {
    readonly model_type: string;
    readonly architecture: string;
    readonly total: number;
    readonly active: number;
    readonly num_experts: number;
    readonly num_experts_per_tok: number;
  };
  readonly stack: readonly (readonly [name: string, version: string])[];
  readonly cluster: {
    readonly gpu: string;
    /** Bytes. */
    readonly memory: number;
    readonly nodes: number;
    readonly gpus_per_node: number;
  };
  readonly precision: { readonly parameters: string; readonly compute: string; readonly reduce: string };
  readonly recompute: string;
  readonly hasAdapters: boolean;
  readonly worldSize: number;
  readonly axes: readonly ReportedAxis[];
  readonly tensors: readonly ReportedTensor[];
  readonly memory: ReportedMemory;
  readonly curve: ReportedCurve | null;
  /** Null in a lock of a planc that foresaw none. */
  readonly time: ReportedTime | null;
  /** Axis → bytes that a rank sends in a step; null where that is not known. */
  readonly traffic: readonly (readonly [axis: string, bytes: number | null])[];
  readonly tokensPerStep: number | null;
}

export interface ReportedAxis {
  readonly view: "dense" | "expert";
  readonly name: string;
  readonly size: number;
  readonly count: number;
  readonly stride: number;
}

export interface ReportedTensor {
  readonly name: string;
  readonly kind: string;
  readonly layers: number;
  readonly shape: readonly number[];
  readonly local_shape: readonly number[];
  readonly placement: readonly (readonly [axis: string, cut: string])[];
  /** Held in float32 whatever the format of the others. */
  readonly in_float32: boolean;
  /** No numbers of its own: a buffer, or one whose storage is another's. */
  readonly isShared: boolean;
}

export interface ReportedMemory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly outside: number;
  readonly peak: { readonly allocated: number; readonly reserved: number; readonly moment: string } | null;
  /** Reserved where every token chooses the experts of one rank. */
  readonly worst: number | null;
}

/** How long a step is foreseen to take, or why that is not known. */
export type ReportedTime =
  | {
      readonly seconds: number;
      readonly range: readonly [fastest: number, slowest: number];
      readonly tokensPerSecond: number;
      readonly mfu: number | null;
      readonly boundBy: string;
      /** Class → seconds. */
      readonly classes: readonly (readonly [name: string, seconds: number])[];
      readonly source: string;
    }
  | { readonly unknown: string };

/** Place → bytes by category, when it is reached and at its fullest. */
export interface ReportedCurve {
  readonly places: readonly string[];
  readonly layers: readonly number[];
  readonly begin: Bytes;
  readonly fullest: Bytes;
}

type Bytes = ReadonlyMap<Category, readonly number[]>;

/** Reads a lock. With a finding that is an error the value means nothing. */
export function readPlan(source: Source, findings: Findings): ReportedPlan {
  const lock = Fields.of(source, findings);
  lock.version(1);
  const plan = lock.fields("plan");
  const cluster = plan.fields("cluster");
  const gpu = cluster.fields("gpu");
  const precision = plan.fields("precision");
  const versions = plan.fields("stack").fields("versions");
  const mesh = lock.fields("mesh");
  const traffic = lock.fields("traffic");
  return {
    name: plan.text("name"),
    planc: lock.text("planc"),
    model: modelOf(lock.fields("model")),
    stack: versions.keys.map((name) => [name, versions.text(name)]),
    cluster: {
      gpu: gpu.text("name"),
      memory: gpu.number("memory"),
      nodes: cluster.number("nodes"),
      gpus_per_node: cluster.number("gpus_per_node"),
    },
    precision: {
      parameters: precision.text("parameters"),
      compute: precision.text("compute"),
      reduce: precision.text("reduce"),
    },
    recompute: plan.text("recompute"),
    hasAdapters: lock.has("adapters"),
    worldSize: mesh.number("world_size"),
    axes: axesOf(mesh),
    tensors: lock.fields("model").list("tensors").map(tensorOf),
    memory: memoryOf(lock.fields("memory")),
    curve: lock.has("memory_over_step") ? curveOf(lock.fields("memory_over_step")) : null,
    time: lock.has("time") ? timeOf(lock.fields("time")) : null,
    traffic: traffic.keys.map((axis) => [axis, traffic.fields(axis).numberOrNull("bytes_per_step")]),
    tokensPerStep: lock.fields("batch").numberOrNull("tokens_per_step"),
  };
}

function modelOf(model: Fields): ReportedPlan["model"] {
  const parameters = model.fields("parameters");
  return {
    model_type: model.text("model_type"),
    architecture: model.text("architecture"),
    total: parameters.number("total"),
    active: parameters.number("active"),
    num_experts: model.number("num_experts"),
    num_experts_per_tok: model.number("num_experts_per_tok"),
  };
}

/** The sizes of both views tell which axes there are, slowest first. */
function axesOf(mesh: Fields): ReportedAxis[] {
  const groups = mesh.fields("groups");
  const views = ["dense", "expert"] as const;
  return views.flatMap((view) =>
    mesh.fields(view).keys.map((name) => {
      const group = groups.fields(name);
      return { view, name, size: group.number("size"), count: group.number("count"), stride: group.number("stride") };
    }),
  );
}

function tensorOf(tensor: Fields): ReportedTensor {
  const placement = tensor.fields("placement");
  return {
    name: tensor.text("name"),
    kind: tensor.text("kind"),
    layers: tensor.has("layers") ? tensor.numbers("layers").length : 1,
    shape: tensor.numbers("shape"),
    local_shape: tensor.numbers("local_shape"),
    placement: placement.keys.map((axis) => [axis, placement.text(axis)]),
    in_float32: tensor.has("in_float32"),
    isShared: tensor.has("buffer") || tensor.has("tied"),
  };
}

function memoryOf(memory: Fields): ReportedMemory {
  const peak = memory.has("peak") ? memory.fields("peak") : null;
  return {
    parameters: memory.number("parameters"),
    gradients: memory.number("gradients"),
    optimizer: memory.number("optimizer"),
    outside: memory.number("outside"),
    peak: peak && {
      allocated: peak.number("allocated"),
      reserved: peak.number("reserved"),
      moment: peak.text("moment"),
    },
    worst: memory.has("worst") ? memory.fields("worst").number("reserved") : null,
  };
}

function timeOf(time: Fields): ReportedTime {
  if (!time.has("step_seconds")) return { unknown: time.text("reason") };
  const classes = time.fields("classes");
  const [fastest = 0, slowest = 0] = time.numbers("range");
  return {
    seconds: time.number("step_seconds"),
    range: [fastest, slowest],
    tokensPerSecond: time.number("tokens_per_second_per_gpu"),
    mfu: time.numberOrNull("mfu"),
    boundBy: time.text("bound_by"),
    classes: classes.keys.map((name) => [name, classes.number(name)]),
    source: time.text("source"),
  };
}

function curveOf(curve: Fields): ReportedCurve {
  const places = curve.texts("places");
  const lists = (key: "begin" | "fullest"): Bytes => {
    const found = curve.fields(key);
    return new Map(
      categories
        .filter((category) => found.hasKey(category))
        .map((category) => [category, places.map((_, index) => found.numbers(category)[index] ?? 0)]),
    );
  };
  return {
    places,
    layers: places.map((_, index) => curve.numbers("layers")[index] ?? 1),
    begin: lists("begin"),
    fullest: lists("fullest"),
  };
}
