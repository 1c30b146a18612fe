import type { AttentionMemory, Peak } from "./estimate.ts";

/** What a step keeps and computes on the rank that holds the most. */
export interface StepSize {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly attention: AttentionMemory | null;
  readonly routing: Routing;
}

/** The assignments of a micro-batch to experts, and what computes them. */
export interface Routing {
  /** Tokens of a micro-batch on the rank; null where nothing bounds them. */
  readonly tokens: number | null;
  readonly num_experts: number;
  readonly num_experts_per_tok: number;
  readonly ep_size: number;
  /** Bytes that an assignment takes while the experts of a layer run. */
  readonly bytes: number;
}

const GiB = 2 ** 30;

/** Beside torch's allocator: the CUDA context and NCCL's buffers, as nvidia-smi showed them on two H200. */
export const outside = 2 * GiB;

/**
 * The fullest moment of a step.
 *
 * @param load assignments of the fullest rank over the mean of the ranks of its group.
 */
export function peakOf(size: StepSize, load: number): Peak | null {
  const { parameters, gradients, optimizer, attention, routing } = size;
  const { tokens, num_experts_per_tok, bytes } = routing;
  if (tokens === null) return null;
  const { layer, kept, masks } = attention ?? { layer: 0, kept: 0, masks: 0 };
  const assignments = tokens * num_experts_per_tok * load * bytes;
  const alive = [
    { name: "parameters", bytes: parameters },
    { name: "gradients", bytes: gradients },
    { name: "optimizer states", bytes: optimizer },
    { name: "scores and masks of attention", bytes: masks + layer + Math.max(0, kept - gradients) },
    { name: "rows of the experts", bytes: assignments },
  ].filter((each) => each.bytes > 0);
  const allocated = Math.ceil(alive.reduce((sum, each) => sum + each.bytes, 0));
  const largest = alive.sort((a, b) => b.bytes - a.bytes).slice(0, 5);
  return { allocated, reserved: allocated, moment: "the backward pass", largest };
}

/** The load of a rank whose experts every token of its group chooses, as far as it has so many. */
export function worstLoad({
  num_experts,
  num_experts_per_tok,
  ep_size,
}: Pick<Routing, "num_experts" | "num_experts_per_tok" | "ep_size">): number {
  return (ep_size * Math.min(num_experts_per_tok, num_experts / ep_size)) / num_experts_per_tok;
}
