/** Bytes that a rank sends in one step, when tokens choose their experts evenly. */

import { chanceOfVisit } from "./rows.ts";

/** What decides how many tokens travel to their experts. */
export interface Exchange {
  /** Tokens of the rank's own in one micro-batch. */
  readonly tokens: number;
  /** Micro-batches of a step. */
  readonly batches: number;
  readonly hidden_size: number;
  /** Of one number on the way. */
  readonly bytes: number;
  readonly layers: number;
  readonly num_experts: number;
  readonly num_experts_per_tok: number;
  /** A token goes once to each rank with experts of its own, in place of once for each expert. */
  readonly once: boolean;
  /** Whether the backward pass sends tokens to their experts once more; what comes back it has no need of. */
  readonly again: boolean;
}

/** @param others how many ranks of the group of `ep_size` are meant. */
export function exchangeBytes(exchange: Exchange, ep_size: number, others: number): number {
  const { tokens, batches, hidden_size, bytes, layers, num_experts, num_experts_per_tok } = exchange;
  const visits = exchange.once
    ? chanceOfVisit(num_experts, num_experts_per_tok, num_experts / ep_size)
    : num_experts_per_tok / ep_size;
  // There and back, forward and backward.
  const ways = exchange.again ? 5 : 4;
  return tokens * batches * layers * hidden_size * bytes * visits * others * ways;
}

/** Bytes that a GPU's card carries over the network for one micro-batch, of parameters and of gradients. */
export interface ShardTraffic {
  readonly gathered: number;
  readonly reduced: number;
}

/**
 * Shards over several islands: parameters are gathered for the forward and the backward pass, gradients summed into shards. An
 * island gets what it does not hold once, over the cards of all its ranks.
 */
export function shardedAcross(parameters: number, format: Formats, islands: number, ranks: number): ShardTraffic {
  const away = (parameters * (1 - 1 / islands)) / ranks;
  return { gathered: 2 * away * format.compute, reduced: away * format.reduce };
}

/** Shards inside an island, which is repeated on the others: gradients alone cross, in an all-reduce of each shard. */
export function replicatedAcross(parameters: number, format: Formats, islands: number, ranks: number): ShardTraffic {
  const away = (parameters * (1 - 1 / islands)) / ranks;
  return { gathered: 0, reduced: 2 * away * format.reduce };
}

/** Bytes of a number while it is gathered, and while it is summed. */
interface Formats {
  readonly compute: number;
  readonly reduce: number;
}
