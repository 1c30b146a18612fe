/** What the layers of a micro-batch compute: products, attention, and what is read and written around them. */
import { attentionSeconds, groupedSeconds, meanKeys, productSeconds } from "./compute.ts";
import type { Passes } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { AdapterWork, Run } from "./run.ts";
import type { ModelWork } from "./work.ts";

/** Tokens of a micro-batch on a rank. */
export const tokensOf = ({ batch }: Run): number => batch.length * batch.sequences;

/** Rows that a rank's experts compute in a layer. */
export function assignmentsOf({ num_experts_per_tok }: ModelWork, run: Run): number {
  const { ep_size, tp_size } = run.sizes;
  const rows = tokensOf(run) * num_experts_per_tok * run.load;
  return run.ep_implementation === "all_reduce" ? rows / ep_size : rows / tp_size;
}

/** Gradients of what is not trained are not computed: of two products in the backward pass one is left. */
const products = ({ adapters }: Run): number => (adapters === null ? 2 : 1);

export function denseProducts(work: ModelWork, run: Run, rates: Rates): Passes {
  const tokens = tokensOf(run);
  let [forward, again] = [0, 0];
  for (const { k, n, layers, isCut, isAttention } of work.matrices) {
    const seconds = layers * productSeconds(rates, tokens, k, isCut ? n / run.sizes.tp_size : n);
    forward += seconds;
    if (run.recompute === "full" || (run.recompute === "attention" && isAttention)) again += seconds;
  }
  const linear = (run.adapters ?? []).filter(({ experts }) => experts === null);
  const low = linear.reduce((sum, adapter) => sum + adapter.layers * adapterSeconds(rates, tokens, adapter), 0);
  return { forward: forward + low, backward: again + products(run) * forward + 3 * low };
}

export function expertProducts(work: ModelWork, run: Run, rates: Rates): Passes {
  const { hidden, width, gated } = work.expert;
  const local = work.num_experts / run.sizes.ep_size;
  const rows = assignmentsOf(work, run);
  const first = groupedSeconds(rates, rows, hidden, gated ? 2 * width : width, local);
  const second = groupedSeconds(rates, rows, width, hidden, local);
  // A second pass ends with the last tensor that is kept: what planc's dispatcher keeps comes before the second product.
  const isShort = isOwn(run) && !(run.recompute === "full" && work.goesOn);
  const again = run.recompute === "full" || run.recompute === "experts" ? first + (isShort ? 0 : second) : 0;
  const grouped = (run.adapters ?? []).filter(({ experts }) => experts !== null);
  const low = grouped.reduce((sum, adapter) => sum + adapter.layers * adapterSeconds(rates, rows, adapter), 0);
  return {
    forward: work.moeLayers * (first + second) + low,
    backward: work.moeLayers * (again + products(run) * (first + second)) + 3 * low,
  };
}

/** Whether planc's dispatcher brings tokens to experts. */
export const isOwn = ({ ep_implementation, sizes }: Run): boolean => ep_implementation === "planc" && sizes.ep_size > 1;

/** Two products of rank r, and their sum with what the matrix gives. */
function adapterSeconds(rates: Rates, rows: number, { r, in_features, out_features }: AdapterWork): number {
  return (
    productSeconds(rates, rows, in_features, r) +
    productSeconds(rates, rows, r, out_features) +
    (rows * out_features * 6) / rates.copy
  );
}

export function attention(work: ModelWork, run: Run, rates: Rates): Passes {
  let [forward, backward] = [0, 0];
  for (const { layers, per_key, window } of work.attention) {
    const seconds = attentionSeconds(rates, {
      ...run.attention,
      tokens: tokensOf(run),
      length: run.batch.length,
      keys: meanKeys(run.batch.length, window),
      heads: work.heads / run.sizes.tp_size,
      perKey: per_key / run.sizes.tp_size,
    });
    forward += layers * seconds.forward;
    backward += layers * seconds.backward;
  }
  const again = run.recompute === "full" || run.recompute === "attention" ? forward : 0;
  return { forward, backward: backward + again };
}

/** How often a dispatcher reads or writes the assignments' rows, of the hidden size, in one pass. */
const rowPasses = {
  /** Experts of one rank, in the stack's own way. */
  none: { forward: 12, backward: 44 },
  /** As above, with rows sorted by rank before and after the exchange. */
  all_to_all: { forward: 35, backward: 82 },
} as const;

/** Rows that are brought into the experts' order, and summed to tokens again. */
export function rowMoves(work: ModelWork, run: Run, sent: number, rates: Rates): Passes {
  const isAgain = run.recompute === "full";
  const row = 2 * work.expert.hidden;
  const assigned = assignmentsOf(work, run) * row;
  if (isOwn(run)) {
    // Rows sent are gathered, all rows copied for their assignments; outputs are summed to rows, and those to tokens.
    const there = 2 * sent * row + 2 * assigned;
    const back = assigned + 2 * sent * row + tokensOf(run) * row;
    const again = isAgain ? there + (work.goesOn ? back : 0) : run.recompute === "experts" ? 2 * assigned : 0;
    return scaled(work.moeLayers / rates.copy, { forward: there + back, backward: there + back + again });
  }
  const isAlone = run.sizes.ep_size === 1 || run.ep_implementation === "all_reduce";
  const { forward, backward } = rowPasses[isAlone ? "none" : "all_to_all"];
  const again = isAgain || run.recompute === "experts" ? forward : 0;
  const sum = { forward: forward * assigned, backward: (backward + again) * assigned };
  return scaled(work.moeLayers / rates.copy, sum);
}

function scaled(by: number, { forward, backward }: Passes): Passes {
  return { forward: by * forward, backward: by * backward };
}

/** Bytes that are read and written of a number in norms and positions: as one kernel each, or in plain torch with float32 between. */
const normBytes = { fused: { forward: 6.5, backward: 10 }, plain: { forward: 36, backward: 70 } } as const;
const positionBytes = { fused: { forward: 4, backward: 4 }, plain: { forward: 16, backward: 20 } } as const;

/** The same of a sum with the residual, of an activation's input, and of a router's probability. */
const [sumBytes, gateBytes, routerBytes] = [6, 5, 40];

/** Norms, positions, activations, residuals, routers. */
export function elementwise(work: ModelWork, run: Run, rates: Rates): Passes {
  const tokens = tokensOf(run);
  const kernels = work.hasFusedNorms ? "fused" : "plain";
  const { normed, rotated, activated } = work.per_token;
  const gated = work.moeLayers * assignmentsOf(work, run) * work.expert.width * 2;
  const shared = tokens * activated * gateBytes;
  const around = work.layers * 2 * work.hidden_size * sumBytes + work.moeLayers * work.num_experts * routerBytes;
  const ofAttention = tokens * ((rotated / run.sizes.tp_size) * positionBytes[kernels].forward);
  const forward =
    tokens * (normed * normBytes[kernels].forward + around) + ofAttention + shared / run.sizes.tp_size + gated * 3;
  const backward =
    tokens * (normed * normBytes[kernels].backward + around) +
    (ofAttention * positionBytes[kernels].backward) / positionBytes[kernels].forward +
    (2 * shared) / run.sizes.tp_size +
    gated * 5;
  const again = { full: forward, experts: gated * 3, attention: ofAttention, none: 0 }[run.recompute];
  return scaled(1 / rates.copy, { forward, backward: backward + again });
}
