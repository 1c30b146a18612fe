/** Tokens to their experts and back, and sums over tp: nothing runs behind them. */
import { bytesOf } from "../memory.ts";
import { allReduceBytes, type Exchange, evenRows, exchangeBytes } from "../traffic.ts";
import { isOwn, tokensOf } from "./layers.ts";
import { collectiveSeconds } from "./links.ts";
import { nothing, type Passes } from "./passes.ts";
import type { Rates } from "./rates.ts";
import type { Run } from "./run.ts";
import type { Groups } from "./sharding.ts";
import type { ModelWork } from "./work.ts";

/** How tokens travel; null where they do not. */
export function exchangeOfRun(work: ModelWork, run: Run): Exchange | null {
  const { ep_size, tp_size } = run.sizes;
  if (ep_size === 1 || run.ep_implementation === "all_reduce") return null;
  const once = isOwn(run);
  const back = once && !work.goesOn ? "there" : "there and back";
  return {
    tokens: Math.ceil(tokensOf(run) / tp_size),
    hidden_size: work.hidden_size,
    bytes: bytesOf[run.precision.compute],
    num_experts: work.num_experts,
    num_experts_per_tok: work.num_experts_per_tok,
    ep_size,
    once,
    again: run.recompute === "full" ? back : "nothing",
  };
}

/** Collectives of a layer: sizes, choices and rows there, and rows back; their gradients; and those of a second pass. */
const calls = {
  planc: { forward: 5, backward: 3, nothing: 0, there: 1, "there and back": 2 },
  all_to_all: { forward: 3, backward: 2, nothing: 0, there: 2, "there and back": 3 },
} as const;

/** Ranks come to an exchange one after another: what all of them take of it over the transfer itself, on two H200. */
const waits = 1.6;

export function exchangeSeconds(work: ModelWork, run: Run, rates: Rates, groups: Groups): Passes {
  if (run.sizes.ep_size === 1) return nothing;
  const exchange = exchangeOfRun(work, run);
  if (exchange === null) return summedOutputs(work, run, rates, groups);
  const even = evenRows(exchange);
  const rows = {
    sent: even.sent,
    received: Math.min(even.received * run.load, exchange.tokens * (exchange.ep_size - 1)),
  };
  const of = calls[exchange.once ? "planc" : "all_to_all"];
  const again = exchange.again;
  const firstBytes = exchangeBytes({ ...exchange, again: "nothing" }, rows);
  const secondBytes = exchangeBytes(exchange, rows) - firstBytes;
  const seconds = (bytes: number, count: number) =>
    waits * work.moeLayers * collectiveSeconds(rates, "all_to_all", groups.ep, bytes, count);
  return {
    forward: seconds(firstBytes / 2, of.forward),
    backward: seconds(firstBytes / 2 + secondBytes, of.backward + of[again]),
  };
}

/** Every rank's outputs for the batch of its group, and the gradients of tokens and weights. */
function summedOutputs(work: ModelWork, run: Run, rates: Rates, { ep }: Groups): Passes {
  const again = run.recompute === "full" && work.goesOn ? 1 : 0;
  const sum = (numbers: number, count: number) =>
    work.moeLayers *
    collectiveSeconds(
      rates,
      "reduce_scatter",
      ep,
      allReduceBytes(tokensOf(run) * numbers * bytesOf[run.precision.compute], ep.size),
      2 * count,
    );
  return {
    forward: sum(work.hidden_size, 1),
    backward: sum((1 + again) * work.hidden_size + work.num_experts_per_tok, 2 + again),
  };
}

/** Two sums in a layer's forward pass, two of gradients, and one again where the layer is computed again. */
export function tensorParallelSeconds(work: ModelWork, run: Run, rates: Rates, { tp }: Groups): Passes {
  const bytes = allReduceBytes(tokensOf(run) * work.hidden_size * bytesOf[run.precision.compute], tp.size);
  const one = work.layers * collectiveSeconds(rates, "reduce_scatter", tp, bytes, 2);
  return { forward: 2 * one, backward: (run.recompute === "full" ? 3 : 2) * one };
}
