import type { MeshFacts } from "../facts.ts";

/** What the bundle's programs tell transformers about the mesh, and about attention. */
export interface MeshView {
  readonly world_size: number;
  readonly fsdp_size: number;
  readonly tp_size: number;
  readonly dp_replicate_size: number;
  readonly ep_size: number;
  readonly ep_implementation: string;
  readonly attn_implementation: string;
  /** `[full path, style]`; empty without expert parallelism. */
  readonly ep_plan: readonly (readonly [string, string])[];
}

/** What they tell it about a model of several parts. */
export interface PartsView {
  /** The class whose text model is trained. */
  readonly architecture: string;
  /** Modules beside the text model; empty of a text model alone. */
  readonly towers: readonly string[];
  /** Of these, the ones that are no module but a single parameter. */
  readonly tower_parameters: readonly string[];
}

/** What they tell it about number formats. */
export interface PrecisionView {
  /** Format of the parameters: "float32". */
  readonly dtype: string;
  readonly fsdp_mixed_precision: boolean;
  /** Whether the trainer's autocast does what FSDP's mixed precision cannot: there is no FSDP axis. */
  readonly autocast: boolean;
}

export function meshView({ plan, attention, sizes, epPlan, mesh }: MeshFacts): MeshView {
  return {
    world_size: mesh.world_size,
    fsdp_size: sizes.fsdp_size,
    tp_size: sizes.tp_size,
    dp_replicate_size: sizes.dp_replicate_size,
    ep_size: sizes.ep_size,
    ep_implementation: plan.parallelism.ep_implementation,
    attn_implementation: attention.implementation,
    ep_plan: sizes.ep_size > 1 ? Object.entries(epPlan) : [],
  };
}

export function partsView({ model }: MeshFacts): PartsView {
  return {
    architecture: model.architecture,
    towers: model.towers ?? [],
    tower_parameters: model.towerParameters ?? [],
  };
}

export function precisionView({ plan, release, sizes, adapter }: MeshFacts): PrecisionView {
  const switches = release.precisionSwitches(plan.precision) ?? { dtype: "float32", fsdp_mixed_precision: false };
  const hasFsdp = sizes.fsdp_size * sizes.dp_replicate_size > 1;
  if (adapter !== undefined) {
    // A frozen base is loaded as it is computed; adapters are cast: FSDP's by FSDP, PEFT's own by autocast.
    const casts = plan.precision.compute === "bfloat16";
    return { dtype: plan.precision.compute, fsdp_mixed_precision: casts && hasFsdp, autocast: casts };
  }
  return {
    dtype: switches.dtype,
    fsdp_mixed_precision: switches.fsdp_mixed_precision && hasFsdp,
    autocast: switches.fsdp_mixed_precision && switches.dtype === "float32" && !hasFsdp,
  };
}
