/**
 * How long a step takes: products by their shapes, everything else by its bytes, collectives by links, and what of the host is not
 * hidden. Layers that are alike are multiplied, so the cost does not depend on layers, experts or ranks.
 */
import { bytesOf } from "../memory.ts";
import { evenRows } from "../traffic.ts";
import { type Bound, boundOf, type ClassSeconds, totalOf } from "./classes.ts";
import { meanKeys } from "./compute.ts";
import { exchangeOfRun, exchangeSeconds, tensorParallelSeconds } from "./exchange.ts";
import { head } from "./head.ts";
import { hostGaps, smallKernels } from "./host.ts";
import { attention, denseProducts, elementwise, expertProducts, rowMoves } from "./layers.ts";
import { groupOf } from "./links.ts";
import { both, plus } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { Run } from "./run.ts";
import { landed, type Runtime } from "./runtime.ts";
import { type Groups, sharding } from "./sharding.ts";
import type { ModelWork } from "./work.ts";

export interface StepTime {
  readonly step_seconds: number;
  readonly tokens_per_second_per_gpu: number;
  /** Share of the GPU's peak in bfloat16; null where that is not known. */
  readonly mfu: number | null;
  readonly bound_by: Bound;
  readonly classes: ClassSeconds;
  /** The least and the most seconds that a step is expected to take. */
  readonly range: readonly [fastest: number, slowest: number];
  /** Where the rates are from. */
  readonly source: string;
}

export interface UnknownTime {
  readonly unknown: string;
}

/** @returns the time of a step, or why it cannot be told. */
export function timeOf(work: ModelWork, run: Run, rates: Rates, runtime: Runtime = landed): StepTime | UnknownTime {
  const { machines, precision } = run;
  if (precision.compute !== "bfloat16") return { unknown: `planc has no rates of products in ${precision.compute}` };
  const groups = groupsOf(run);
  if (rates.across === null && Object.values(groups).some(({ islands }) => islands > 1))
    return { unknown: `planc does not know the network between machines with a ${machines.gpu.name}` };
  if (rates.inside === null && Object.values(groups).some(({ size, islands }) => size > islands))
    return { unknown: `planc does not know what joins the GPUs of a machine with a ${machines.gpu.name}` };
  const classes = secondsOf(work, run, rates, runtime, groups);
  const step_seconds = totalOf(classes);
  const { length, sequences, accumulation } = run.batch;
  const tokens = (length * sequences * accumulation) / run.sizes.tp_size;
  const tokens_per_second_per_gpu = tokens / step_seconds;
  const peak = machines.gpu.peakFlops;
  return {
    step_seconds,
    tokens_per_second_per_gpu,
    mfu: peak === undefined ? null : (tokens_per_second_per_gpu * flopsOfToken(work, length)) / peak,
    bound_by: boundOf(classes),
    classes,
    range: [
      (step_seconds - (rates.isOwnHost ? 0 : classes.host)) / (1 + rates.spread),
      step_seconds * (1 + rates.spread),
    ],
    source: rates.source,
  };
}

/** Where the engine puts the ranks of each axis: docs/architecture.md. */
function groupsOf({ sizes, machines }: Run): Groups {
  const { ep_size, fsdp_size, tp_size, dp_replicate_size } = sizes;
  const group = (size: number, stride: number) => groupOf({ size, stride }, machines);
  return {
    tp: group(tp_size, 1),
    fsdp: group(fsdp_size, tp_size),
    ep: group(ep_size, 1),
    efsdp: group((fsdp_size * tp_size) / ep_size, ep_size),
    dp_replicate: group(dp_replicate_size, fsdp_size * tp_size),
  };
}

function secondsOf(work: ModelWork, run: Run, rates: Rates, runtime: Runtime, groups: Groups): ClassSeconds {
  const times = run.batch.accumulation;
  const exchange = exchangeOfRun(work, run);
  const parts = {
    dense_products: denseProducts(work, run, rates),
    expert_products: expertProducts(work, run, rates),
    attention: attention(work, run, rates),
    rows: rowMoves(work, run, exchange === null ? 0 : evenRows(exchange).sent, rates),
    elementwise: plus(elementwise(work, run, rates), smallKernels(work, run, runtime)),
    exchange: exchangeSeconds(work, run, rates, groups),
    tensor_parallel: tensorParallelSeconds(work, run, rates, groups),
  };
  const computing = plus(parts.dense_products, parts.expert_products, parts.attention, parts.rows, parts.elementwise);
  const ofHead = head(work, run, rates);
  const shards = sharding(work, run, rates, { runtime, groups, computing: plus(computing, ofHead) });
  const busy = plus(computing, parts.exchange, parts.tensor_parallel, shards.each);
  return {
    dense_products: times * both(parts.dense_products),
    expert_products: times * both(parts.expert_products),
    attention: times * both(parts.attention),
    head: times * both(ofHead),
    rows: times * both(parts.rows),
    elementwise: times * both(parts.elementwise),
    optimizer: optimizerSeconds(work, run, rates),
    exchange: times * both(parts.exchange),
    tensor_parallel: times * both(parts.tensor_parallel),
    sharding: times * both(shards.each) + shards.last,
    host: times * hostGaps(work, run, rates, runtime, busy),
  };
}

/** What the fused kernels that go through lists of tensors take longer than a copy. */
const slowness = 1.6;

/** Parameters and states are read and written, gradients read; for the norm that clips them they are read, and written. */
function optimizerSeconds(work: ModelWork, run: Run, rates: Rates): number {
  const { ep_size, fsdp_size, tp_size } = run.sizes;
  const { dense, cut, experts, embedding, head: rest } = work.numbers;
  const isAlone = run.adapters === null;
  const held =
    (dense + embedding + rest + cut / tp_size) / fsdp_size +
    experts / (ep_size === 1 ? fsdp_size : fsdp_size * tp_size);
  const adapted = (run.adapters ?? []).reduce((sum, { layers, r, experts: each, in_features, out_features }) => {
    const stacked = each === null ? 1 : each / (fsdp_size * tp_size);
    return sum + layers * stacked * r * (in_features + out_features);
  }, 0);
  const numbers = isAlone ? held : adapted;
  return (
    (slowness * numbers * bytesOf[run.precision.parameters] * (2 * (1 + run.optimizer_states) + (run.clips ? 4 : 1))) /
    rates.copy
  );
}

/** By the convention of published figures: docs/measuring.md. */
function flopsOfToken({ flops }: ModelWork, length: number): number {
  return flops.kinds.reduce((sum, { layers, matrices, attention: own }) => {
    const ofKeys = own === null ? 0 : own.per_key * meanKeys(length, own.window);
    return sum + layers.length * (matrices + ofKeys);
  }, flops.outside);
}
