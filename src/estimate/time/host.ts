/** What the GPU waits for the host: where launching a layer's kernels takes longer than they do. */
import { isOwn } from "./layers.ts";
import type { Passes } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { Run } from "./run.ts";
import { type Runtime, staysOutside, stock } from "./runtime.ts";
import type { ModelWork } from "./work.ts";

/** Of a forward pass' share: what a backward pass takes without what is computed again, and what that takes. */
const ofBackward = 1.2;
const ofAgain = { full: 0.8, attention: 0.3, experts: 0.1, none: 0 } as const;

/** Kernels of an adapter. */
const ofAdapter = 7;

/** What a kernel takes with the Python around it, in launches. */
const ofKernel = 1.7;

/** Kernels of a layer's forward pass, and of its experts. */
function kernelsOf(work: ModelWork, run: Run, { launches }: Runtime): number {
  const { ep_size } = run.sizes;
  const kind = ep_size === 1 ? "none" : run.ep_implementation === "all_reduce" ? "all_reduce" : "all_to_all";
  const ofExperts = isOwn(run) ? launches.routing + launches.experts : stock[kind];
  const adapters = (run.adapters ?? []).reduce((sum, { layers }) => sum + layers * ofAdapter, 0);
  return work.layers * launches.layer + work.moeLayers * ofExperts + adapters;
}

/** The least that a kernel takes of the GPU. */
const leastSeconds = 2e-6;

/** What kernels take of the GPU that have next to nothing to do, in both passes. */
export function smallKernels(work: ModelWork, run: Run, runtime: Runtime): Passes {
  const forward = kernelsOf(work, run, runtime) * leastSeconds;
  return { forward, backward: forward * (ofBackward + ofAgain[run.recompute]) };
}

/** Seconds of the host for the layers of a micro-batch. */
export function hostSeconds(work: ModelWork, run: Run, { launch }: Rates, runtime: Runtime): Passes {
  const { overhead } = runtime;
  const isSent = run.sizes.ep_size > 1 && run.ep_implementation !== "all_reduce";
  const isApart = run.sizes.ep_size > 1 && !staysOutside(run, runtime);
  const ofExperts = (isSent ? overhead.dispatch : 0) + (isApart ? overhead.unit : 0);
  const count = ofKernel * kernelsOf(work, run, runtime) + work.layers * overhead.layer + work.moeLayers * ofExperts;
  const forward = count * launch;
  return { forward, backward: forward * (ofBackward + ofAgain[run.recompute]) };
}

/** Seconds in which the GPU has nothing to do after it gave the host a layer's sizes, in launches. */
const refill = 20;

/** What is not hidden behind `busy`, the seconds of the GPU in the layers. */
export function hostGaps(work: ModelWork, run: Run, rates: Rates, runtime: Runtime, busy: Passes): number {
  const host = hostSeconds(work, run, rates, runtime);
  const waits =
    run.sizes.ep_size > 1 && run.ep_implementation !== "all_reduce" ? work.moeLayers * refill * rates.launch : 0;
  return Math.max(0, host.forward - busy.forward) + Math.max(0, host.backward - busy.backward) + waits;
}
