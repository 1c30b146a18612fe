import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import type { BatchOptions } from "./batch.ts";
import type { AttentionMemory, Memory, Peak } from "./estimate.ts";
import type { Dispatcher, ExpertsArguments } from "./experts/arguments.ts";
import { expertsPiece } from "./experts/piece.ts";
import { fusedHead } from "./head/fused.ts";
import { layerPieces } from "./layer-pieces.ts";
import { bytesOf } from "./memory.ts";
import type { Piece } from "./program.ts";
import { type Routing, routedRows } from "./rows.ts";
import type { Units } from "./step/fsdp.ts";
import type { Account } from "./step/ledger.ts";
import { accountOf } from "./step/step.ts";

/** What a step keeps and computes on the rank that holds the most. */
export interface StepSize {
  readonly model: Model;
  readonly plan: Pick<Plan, "precision" | "recompute" | "parallelism">;
  readonly rows: Pick<BatchOptions, "max_length" | "per_device_train_batch_size" | "gradient_accumulation_steps">;
  readonly sizes: { readonly ep_size: number; readonly tp_size: number };
  readonly units: Units;
  readonly states: Pick<Memory, "parameters" | "optimizer">;
  readonly attention: AttentionMemory | null;
  /** Whether the loss has a term of the routers' logits. */
  readonly keepsRouterLogits: boolean;
  readonly kernels: "eager" | "gpu";
}

const MiB = 2 ** 20;

/** Beside torch's allocator: the CUDA context (0.87 GB on an H200) and NCCL's buffers. */
export const outside = 2048 * MiB;

/** What cuBLAS keeps, 32 MiB for each of the two threads that multiply, on GPUs from Hopper on; older ones keep less. */
const workspaces = 64 * MiB;

/**
 * What torch's allocator takes of the GPU beyond what its streams need, with segments that grow: between 0.2 % and 1.9 % in the
 * runs that docs/benchmarks.md lists.
 */
const fragments = 0.015;

/**
 * The fullest moment of a step; null where nothing bounds a micro-batch, or where the model's operations are not known.
 *
 * @param load assignments of the fullest rank over the mean of the ranks of its group.
 */
export function peakOf(size: StepSize, load: number): Peak | null {
  const account = accountFor(size, load);
  if (account === null) return null;
  const { fullest, reserved } = account;
  return {
    allocated: Math.ceil(fullest.bytes),
    reserved: Math.ceil(reserved * (1 + fragments)),
    moment: fullest.at,
    largest: fullest.tensors.slice(0, 5).map(({ name, bytes }) => ({ name, bytes: Math.ceil(bytes) })),
  };
}

export function accountFor(size: StepSize, load: number): Account | null {
  const { model, plan, rows, sizes, units, states, attention } = size;
  const { max_length: length, per_device_train_batch_size: sequences } = rows;
  if (length === null) return null;
  const { precision, recompute } = plan;
  const tokens = length * sequences;
  const { kernels } = size;
  const shape = {
    tokens,
    length,
    compute: precision.compute,
    kernels,
    policy: recompute,
    tp_size: sizes.tp_size,
  } as const;
  const pieces = layerPieces(model, shape);
  if ("unknown" in pieces) return null;
  const { hidden_size: H, vocab_size: V, num_experts, num_experts_per_tok: K, moe_intermediate_size: I } = model.sizes;
  const compute = bytesOf[precision.compute];
  const routing: Routing = { tokens, num_experts, num_experts_per_tok: K, ep_size: sizes.ep_size };
  const { ep_implementation } = plan.parallelism;
  const dispatcher: Dispatcher =
    sizes.ep_size === 1 ? "none" : ep_implementation === "auto" ? "all_to_all" : ep_implementation;
  const isLast = pieces.kinds.every(({ piece }) => endsWithExperts(piece));
  const experts = expertsPiece({
    dispatcher,
    module: moduleOf(model),
    sizes: {
      T: tokens,
      K,
      E: num_experts / sizes.ep_size,
      G: sizes.ep_size,
      H,
      I,
      ...routedRows(routing, load, dispatcher),
    },
    kernels,
    size: compute,
    weightSize: compute,
    recomputes: computedAgain(recompute, isLast),
  });
  const labels = sequences * (length - 1);
  const head = fusedHead({
    rows: sequences,
    length,
    labels,
    H,
    V,
    size: compute,
    bias: false,
    softcap: false,
    kernels,
  });
  const { layer, kept, masks } = attention ?? { layer: 0, kept: 0, masks: 0 };
  return accountOf({
    formats: { parameters: bytesOf[precision.parameters], compute, reduce: bytesOf[precision.reduce] },
    ...states,
    units,
    pieces,
    experts,
    head,
    batches: rows.gradient_accumulation_steps,
    attention: { layer, kept: kept / Math.max(1, model.sizes.num_hidden_layers - 1), masks },
    downPart: 1 / (moduleOf(model).gated ? 3 : 2),
    router: size.keepsRouterLogits ? tokens * num_experts * compute : 0,
    workspaces: kernels === "gpu" ? workspaces : 0,
  });
}

function computedAgain(recompute: Plan["recompute"], isLast: boolean): ExpertsArguments["recomputes"] {
  if (recompute === "full") return isLast ? "layer, experts last" : "layer";
  return recompute === "experts" ? "products" : "nothing";
}

/** Whether the second pass of a layer saves its last tensor inside of the experts: nothing that is made behind them stays. */
function endsWithExperts({ backward }: Piece): boolean {
  const first = backward.indexOf("experts");
  const last = backward.lastIndexOf("experts");
  const between = backward.slice(first + 1, last);
  return between.every((event) => event === "experts" || event < 0 || between.includes(~event));
}

/** How the experts compute, as their parameters show. */
function moduleOf({ parameters }: Model) {
  const has = (part: RegExp) => parameters.some(({ name, kind }) => kind === "expert" && part.test(name));
  const bias = has(/_bias$/);
  return {
    gated: has(/\.gate_up_proj$/),
    bias,
    interleaved: bias,
    norm: has(/norm/),
    gate: bias ? "swiglu_oai" : "default",
    activation: "silu",
  } as const;
}
