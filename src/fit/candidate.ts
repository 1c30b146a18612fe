import type { FloatName, RecomputeName } from "../plan/types.ts";
import { divisors } from "../text/words.ts";
import { gpusOf, type Machines } from "./request.ts";

/** How the ranks share the model. */
export interface Layout {
  readonly ep_size: number;
  readonly fsdp_size: number;
  readonly tp_size: number;
  readonly dp_replicate_size: number;
  /** The format of what the optimizer updates. */
  readonly parameters: FloatName;
}

/** How the tokens of a step are taken. */
export interface Batches {
  /** Sequences of a micro-batch. */
  readonly sequences: number;
  /** Micro-batches of a step. */
  readonly accumulation: number;
}

/** What of a plan is chosen. */
export interface Candidate extends Layout, Batches {
  readonly machines: Machines;
  readonly recompute: RecomputeName;
}

/** Ranks of a tensor-parallel group at most: it works in every product, and leaves a machine slower than anything else. */
const widestTp = 8;

/**
 * Every mesh of all GPUs. Replicas over the nodes come first, since they keep the weights' traffic inside a node, then more sharding,
 * then replicas inside a node; then wide expert parallelism; then little tensor parallelism. Where time does not tell plans apart, this
 * order does.
 */
export function* meshes(machines: Machines, num_experts: number): Generator<Omit<Layout, "parameters">> {
  const ranks = gpusOf(machines);
  const over = divisors(machines.nodes).reverse();
  const inside = divisors(ranks).filter((replicas) => !over.includes(replicas));
  for (const tp_size of divisors(machines.gpusPerNode).filter((size) => size <= widestTp)) {
    for (const dp_replicate_size of [...over, ...inside]) {
      const fsdp_size = ranks / dp_replicate_size / tp_size;
      if (!Number.isInteger(fsdp_size)) continue;
      const shared = fsdp_size * tp_size;
      for (const ep_size of divisors(shared).reverse())
        if (num_experts % ep_size === 0) yield { ep_size, fsdp_size, tp_size, dp_replicate_size };
    }
  }
}

/**
 * Ways to take so many sequences in a step, large micro-batches first; none where ranks cannot share them.
 *
 * @param sequences of a step; undefined for one of each rank that has a batch of its own.
 */
export function batchesOf(
  { fsdp_size, dp_replicate_size }: Pick<Layout, "fsdp_size" | "dp_replicate_size">,
  sequences: number | undefined,
): readonly Batches[] {
  const each = sequences === undefined ? 1 : sequences / (fsdp_size * dp_replicate_size);
  if (!Number.isInteger(each)) return [];
  return divisors(each)
    .reverse()
    .map((size) => ({ sequences: size, accumulation: each / size }));
}
