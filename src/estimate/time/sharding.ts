/** FSDP: what is gathered, summed and copied, and how much of it runs behind what is computed. */
import { bytesOf } from "../memory.ts";
import { allReduceBytes, gatherBytes } from "../traffic.ts";
import { collectiveSeconds, type Group } from "./links.ts";
import type { Passes } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { Run } from "./run.ts";
import { type Runtime, staysOutside } from "./runtime.ts";
import type { ModelWork } from "./work.ts";

/** Groups of ranks by axis. */
export interface Groups {
  readonly fsdp: Group;
  readonly efsdp: Group;
  readonly ep: Group;
  readonly tp: Group;
  readonly dp_replicate: Group;
}

/** Parameters that are gathered and summed alike. */
interface Units {
  /** Numbers on a rank when they are gathered. */
  readonly whole: number;
  readonly group: Group;
  readonly count: number;
  /** Gathered in the backward pass once more. */
  readonly isAgain: boolean;
  /** Gradients are divided by the runtime: of experts. */
  readonly divides: boolean;
}

/** Numbers that a rank has of every parameter when they are gathered. */
export function unitsOf(work: ModelWork, run: Run, runtime: Runtime, groups: Groups): readonly Units[] {
  const { dense, cut, experts, embedding, head } = work.numbers;
  const { ep_size, tp_size } = run.sizes;
  const isApart = ep_size > 1;
  const layers = dense + cut / tp_size + (isApart ? 0 : experts);
  const common = { group: groups.fsdp, divides: false };
  const isTwice = work.isTied;
  return [
    { ...common, whole: layers, count: work.layers, isAgain: true },
    { ...common, whole: embedding, count: 1, isAgain: true },
    { ...common, whole: head + (isTwice ? embedding : 0), count: 1, isAgain: false },
    ...(isApart && !staysOutside(run, runtime)
      ? [{ whole: experts / ep_size, group: groups.efsdp, count: work.moeLayers, isAgain: true, divides: true }]
      : []),
  ].filter(({ whole }) => whole > 0);
}

/** Share of collectives that nothing hides, however much is computed: the first unit, and waits at the others. */
const unhidden = 0.07;

/** What gradients of many shapes take longer than a copy, which are cast into one buffer. */
const slowness = 2.3;

/** What a second of collectives behind a computation adds to it: they take multiprocessors and memory from it. */
const contention = 0.25;

/** @param computing seconds of both passes in which collectives may run behind. */
export function sharding(
  work: ModelWork,
  run: Run,
  rates: Rates,
  { runtime, groups, computing }: { readonly runtime: Runtime; readonly groups: Groups; readonly computing: Passes },
): { readonly each: Passes; readonly last: number } {
  const { fsdp_size, dp_replicate_size } = run.sizes;
  if (fsdp_size * dp_replicate_size === 1) return { each: { forward: 0, backward: 0 }, last: 0 };
  const [stored, computed, reduced] = [run.precision.parameters, run.precision.compute, run.precision.reduce].map(
    (format) => bytesOf[format],
  ) as [number, number, number];
  const isTrained = run.adapters === null;
  let [gathers, again, reduces] = [0, 0, 0];
  let [copies, copiesAgain, copiesOfGradients, accumulated] = [0, 0, 0, 0];
  for (const { whole, group, count, isAgain, divides } of unitsOf(work, run, runtime, groups)) {
    const share = whole / group.size;
    const seconds = collectiveSeconds(rates, "all_gather", group, gatherBytes(share * computed, group.size), count);
    // Into the buffer that is sent, cast on the way, and out of the one that came.
    const copied = share * (stored + computed) + 2 * whole * computed;
    gathers += seconds;
    copies += copied;
    if (isAgain) again += seconds;
    if (isAgain) copiesAgain += copied;
    if (!isTrained) continue;
    reduces += collectiveSeconds(rates, "reduce_scatter", group, gatherBytes(share * reduced, group.size), count);
    const replicated = allReduceBytes(share * reduced, dp_replicate_size);
    reduces += collectiveSeconds(rates, "reduce_scatter", groups.dp_replicate, replicated, count);
    copiesOfGradients += slowness * whole * (computed + reduced) + share * (reduced + stored);
    if (divides && group.size === 1) copiesOfGradients += 2 * whole * reduced;
    accumulated += whole * (computed + 2 * reduced);
  }
  const forward = shown(gathers, computing.forward);
  const backward = shown(again, computing.backward);
  // The last micro-batch of a step sums gradients, in its backward pass; the others add them up.
  const last = shown(again + reduces, computing.backward) - backward + copiesOfGradients / rates.copy;
  const others = Math.max(0, run.batch.accumulation - 1) * (accumulated / rates.copy);
  return {
    each: { forward: forward + copies / rates.copy, backward: backward + copiesAgain / rates.copy },
    last: last + others,
  };
}

/** What of collectives a step shows that run behind so many seconds of computing. */
function shown(seconds: number, computing: number): number {
  const bare = Math.max(seconds * unhidden, seconds - computing);
  return bare + contention * (seconds - bare);
}
