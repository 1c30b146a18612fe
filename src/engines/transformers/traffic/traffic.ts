import { microBatchTokens } from "../../../estimate/batch.ts";
import { bytesOf } from "../../../estimate/memory.ts";
import {
  allReduceBytes,
  evenRows,
  exchangeBytes,
  exchangeOf,
  gatherBytes,
  goesOn,
  type Traffic,
  type TrafficByAxis,
} from "../../../estimate/traffic.ts";
import { axisSize, type Mesh, type Placed } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";
import { adapterTraffic } from "./adapters.ts";
import { shardTraffic } from "./sharded.ts";
import { tensorParallelTraffic } from "./tensor-parallel.ts";

/**
 * What a rank sends over each axis in an optimizer step: what FSDP gathers and sums, tokens to their experts and back, what
 * tensor parallelism sums. Not counted are the norm that gradients are clipped by, and what is logged: a few numbers a step.
 */
export function trafficOf(
  facts: ModelFacts,
  mesh: Mesh,
  placed: readonly Placed[],
  adapters: readonly Placed[],
): TrafficByAxis {
  const sizeOf = (name: string) => axisSize(mesh, name);
  const ranks = { dp_replicate: sizeOf("dp_replicate"), fsdp: sizeOf("fsdp"), efsdp: sizeOf("efsdp") };
  const base = shardTraffic(facts, placed, ranks);
  const ofAdapters = adapterTraffic(facts, adapters, ranks);
  const shards = {
    dp_replicate: base.dp_replicate + ofAdapters.dp_replicate,
    fsdp: base.fsdp + ofAdapters.fsdp,
    efsdp: base.efsdp + ofAdapters.efsdp,
  };
  const batches = facts.rows.gradient_accumulation_steps;
  const perStep = (sent: number | undefined): Traffic => ({
    bytes_per_step: sent === undefined ? null : Math.round(sent * batches),
  });
  if (facts.task.unplayed !== undefined) return unknownOver(mesh);
  return {
    ...(ranks.dp_replicate > 1 ? { dp_replicate: { bytes_per_step: Math.round(shards.dp_replicate) } } : {}),
    ...(ranks.fsdp > 1 ? { fsdp: { bytes_per_step: Math.round(shards.fsdp) } } : {}),
    ...(ranks.efsdp > 1 ? { efsdp: { bytes_per_step: Math.round(shards.efsdp) } } : {}),
    ...(sizeOf("tp") > 1 ? { tp: perStep(tensorParallel(facts, placed)) } : {}),
    ...(sizeOf("ep") > 1 ? { ep: perStep(expertParallel(facts)) } : {}),
  };
}

/** The axes that something is sent over, where nobody has worked out how much. */
function unknownOver(mesh: Mesh): TrafficByAxis {
  const names = (["dp_replicate", "fsdp", "efsdp", "tp", "ep"] as const).filter((name) => axisSize(mesh, name) > 1);
  return Object.fromEntries(names.map((name) => [name, { bytes_per_step: null }]));
}

/** Of one micro-batch; undefined where nothing bounds its tokens. */
function expertParallel(facts: ModelFacts): number | undefined {
  const { plan, model, sizes, rows } = facts;
  const tokens = microBatchTokens(rows);
  const exchange = exchangeOf(plan, model, sizes, tokens);
  if (exchange !== undefined) return model.moeLayers.length * exchangeBytes(exchange, evenRows(exchange));
  if (tokens === null) return undefined;
  // All ranks run their experts on all tokens: their outputs are summed, once more where the layer is computed again to its end, and
  // the gradients of tokens and weights.
  const { hidden_size, num_experts_per_tok } = model.sizes;
  const times = plan.recompute === "full" && goesOn(model) ? 3 : 2;
  const numbers = tokens * (times * hidden_size + num_experts_per_tok);
  return model.moeLayers.length * allReduceBytes(numbers * bytesOf[plan.precision.compute], sizes.ep_size);
}

/** Of one micro-batch: the dense layers, and the shares of tokens that ranks of a tp group took to the experts. */
function tensorParallel(facts: ModelFacts, placed: readonly Placed[]): number | undefined {
  const { plan, model, sizes, rows } = facts;
  const tokens = microBatchTokens(rows);
  if (tokens === null) return undefined;
  const bytes = bytesOf[plan.precision.compute];
  const dense = tensorParallelTraffic(facts, placed, { tokens, ranks: sizes.tp_size, bytes });
  const exchange = sizes.ep_size > 1 ? exchangeOf(plan, model, sizes, tokens) : undefined;
  if (dense === undefined || exchange === undefined) return dense;
  const { hidden_size, num_experts_per_tok } = model.sizes;
  // What comes back from the experts, once more where the layer is computed again to its end, and the gradients of tokens and weights.
  const times = exchange.again === "there and back" ? 3 : 2;
  const numbers = exchange.tokens * (times * hidden_size + num_experts_per_tok);
  return dense + model.moeLayers.length * gatherBytes(numbers * bytes, sizes.tp_size);
}
