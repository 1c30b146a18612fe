import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import { type AdaptersSize, adapterGradients, adapterTensors } from "./adapters.ts";
import { type BatchOptions, microBatchSequences } from "./batch.ts";
import type { AttentionMemory, Memory, Peak } from "./estimate.ts";
import type { Kernels } from "./experts/kernels.ts";
import { type ExpertsOfPlan, expertsOfPlan } from "./experts/of-plan.ts";
import { expertsPiece } from "./experts/piece.ts";
import type { Chunks, HeadArguments } from "./head/arguments.ts";
import { fusedHead } from "./head/fused.ts";
import { wholeHead } from "./head/whole.ts";
import { layerPieces } from "./layer-pieces.ts";
import { bytesOf } from "./memory.ts";
import type { Piece } from "./program.ts";
import { curveOf, type Place } from "./step/curve.ts";
import type { Units } from "./step/fsdp.ts";
import { leastBytes } from "./step/least.ts";
import type { Account } from "./step/ledger.ts";
import { accountOf, type Step } from "./step/step.ts";

/** What a step keeps and computes on the rank that holds the most. */
export interface StepSize {
  readonly model: Model;
  readonly plan: Pick<Plan, "precision" | "recompute"> & ExpertsOfPlan["plan"];
  readonly rows: Pick<
    BatchOptions,
    "max_length" | "per_device_train_batch_size" | "sequences_per_row" | "gradient_accumulation_steps"
  >;
  readonly sizes: {
    readonly ep_size: number;
    readonly tp_size: number;
    readonly fsdp_size: number;
    readonly dp_replicate_size: number;
  };
  readonly units: Units;
  readonly states: Pick<Memory, "parameters" | "optimizer">;
  readonly attention: AttentionMemory | null;
  /** What is trained in place of the model, with the bytes of its gradients; null where the model is. */
  readonly lowRank: AdaptersSize | null;
  /** Whether attention computes scores: `eager`. */
  readonly hasScores: boolean;
  /** Whether the loss has a term of the routers' logits. */
  readonly keepsRouterLogits: boolean;
  /** Whether the loss is of whole logits. */
  readonly makesLogits: boolean;
  readonly kernels: Kernels;
  /** Of the loss head, where they are not TRL's own. */
  readonly chunks?: Chunks;
}

const MiB = 2 ** 20;

/** Beside torch's allocator: the CUDA context (0.87 GB on an H200) and NCCL's buffers. */
export const outside = 2048 * MiB;

/** What cuBLAS keeps, 32 MiB for each of the two threads that multiply, on GPUs from Hopper on; older ones keep less. */
const workspaces = 64 * MiB;

/**
 * What torch's allocator takes of the GPU beyond what its streams are played to need, with segments that grow. With it what is
 * foreseen was between 4.4 % too little and 3.3 % too much in the runs that docs/benchmarks.md lists.
 */
const fragments = 0.015;

/**
 * The fullest moment of a step; null where nothing bounds a micro-batch, or where the model's operations are not known.
 *
 * @returns the peak by load: assignments of the fullest rank over the mean of the ranks of its group.
 */
export function peaksOf(size: StepSize): (load: number) => Peak | null {
  const accounts = accountsOf(size);
  return (load) => {
    const account = accounts(load);
    if (account === null) return null;
    const { fullest, reserved } = account;
    return {
      allocated: Math.ceil(fullest.bytes),
      reserved: Math.ceil(reserved * (1 + fragments)),
      moment: fullest.at,
      largest: fullest.tensors.slice(0, 5).map(({ name, bytes }) => ({ name, bytes: Math.ceil(bytes) })),
    };
  };
}

/** The accounts of a step by load, as `peaksOf` takes them. */
export function accountsOf(size: StepSize): (load: number) => Account | null {
  const steps = stepsOf(size);
  return (load) => {
    const step = steps(load);
    return step && accountOf(step);
  };
}

/** What a step holds from its begin to its end where tokens choose their experts evenly; null where `peaksOf` finds null. */
export function curveOfStep(size: StepSize): readonly Place[] | null {
  const step = stepsOf(size)(1);
  return step && curveOf(step);
}

/** Bytes that torch's allocator takes of the GPU at least, as `peaksOf` takes them, without playing the step. */
export function leastOfStep(size: StepSize): number | null {
  const step = stepsOf(size)(1);
  return step && leastBytes(step) * (1 + fragments);
}

function stepsOf(size: StepSize): (load: number) => Step | null {
  const { model, plan, rows, sizes, units, states, attention, kernels } = size;
  const { max_length: length } = rows;
  const sequences = microBatchSequences(rows);
  if (length === null) return unknown;
  const { precision, recompute } = plan;
  // Without FSDP autocast computes: it holds copies of weights, leaves experts in float32, and was not recorded.
  const isCast = precision.parameters !== precision.compute && size.lowRank === null;
  if (isCast && sizes.fsdp_size * sizes.dp_replicate_size === 1) return unknown;
  const tokens = length * sequences;
  const shape = {
    tokens,
    length,
    compute: precision.compute,
    kernels,
    policy: recompute,
    tp_size: sizes.tp_size,
  } as const;
  const pieces = layerPieces(model, shape);
  if ("unknown" in pieces) return unknown;
  const { hidden_size: H, vocab_size: V, num_experts } = model.sizes;
  const compute = bytesOf[precision.compute];
  const areLast = pieces.kinds
    .filter(({ piece }) => piece.forward.includes("experts"))
    .every(({ piece }) => endsWithExperts(piece));
  const labels = sequences * (length - 1);
  const loss: HeadArguments = {
    rows: sequences,
    length,
    labels,
    H,
    V,
    size: compute,
    bias: false,
    softcap: false,
    kernels,
  };
  const head = size.makesLogits ? wholeHead(loss) : fusedHead(loss, size.chunks);

  // Families without another way of their own were recorded with scores, which then are in the layers' pieces.
  const areRecorded = pieces.kinds.some(({ piece }) => piece.tensors.some(({ name }) => name === "self_attn: softmax"));
  if (areRecorded && !size.hasScores) return unknown;
  const { layer, kept, masks } = (areRecorded ? null : attention) ?? { layer: 0, kept: 0, masks: 0 };
  return (load) => {
    const taken = expertsOfPlan({ model, plan, ...sizes, tokens, kernels, load, areLast });
    if (taken === null) return null;
    return {
      formats: {
        parameters: bytesOf[size.lowRank === null ? precision.parameters : precision.compute],
        compute,
        reduce: bytesOf[precision.reduce],
      },
      ...states,
      adapters: size.lowRank && {
        gradients: adapterGradients(size.lowRank),
        ...adapterTensors(size.lowRank, { tokens, rows: taken.sizes.assignments, compute, recompute }),
      },
      units,
      pieces,
      experts: expertsPiece(taken),
      head,
      batches: rows.gradient_accumulation_steps,
      attention: { layer, kept: kept / Math.max(1, model.sizes.num_hidden_layers - 1), masks },
      downPart: 1 / (taken.module.gated ? 3 : 2),
      router: size.keepsRouterLogits ? tokens * num_experts * compute : 0,
      workspaces: kernels === "gpu" ? workspaces : 0,
    };
  };
}

const unknown = () => null;

/** Whether the second pass of a layer saves its last tensor inside of the experts: nothing that is made behind them stays. */
function endsWithExperts({ backward }: Piece): boolean {
  const first = backward.indexOf("experts");
  const last = backward.lastIndexOf("experts");
  const between = backward.slice(first + 1, last);
  return between.every((event) => event === "experts" || event < 0 || between.includes(~event));
}
