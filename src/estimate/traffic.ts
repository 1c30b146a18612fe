/** Bytes that a rank sends, by the conventions of ring collectives. */
import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import { bytesOf } from "./memory.ts";
import { chanceOfVisit } from "./rows.ts";

/** What goes over an axis of the mesh. */
export interface Traffic {
  /** Bytes that a rank sends in an optimizer step, tokens sent to experts evenly; null where that is not known. */
  readonly bytes_per_step: number | null;
}

/** Axis → what goes over it, for the axes with more than one rank. */
export type TrafficByAxis = Readonly<Partial<Record<"dp_replicate" | "fsdp" | "efsdp" | "tp" | "ep", Traffic>>>;

/** A rank sends its part to every other; a reduce-scatter is the same in the other direction. */
export function gatherBytes(part: number, ranks: number): number {
  return part * (ranks - 1);
}

/** A sum that every rank has afterwards: a reduce-scatter and a gather. */
export function allReduceBytes(whole: number, ranks: number): number {
  return (2 * whole * (ranks - 1)) / ranks;
}

/** What decides how many bytes take tokens to their experts and back. */
export interface Exchange {
  /** Tokens of the rank's own in one micro-batch. */
  readonly tokens: number;
  readonly hidden_size: number;
  /** Of one number on the way. */
  readonly bytes: number;
  readonly num_experts: number;
  readonly num_experts_per_tok: number;
  readonly ep_size: number;
  /** A token goes once to each rank with experts of its own, in place of once for each expert. */
  readonly once: boolean;
  /**
   * What the backward pass does again of a layer that it computes again: nothing of an exchange, the way there, or also the way back,
   * where something behind the experts is kept, such as what a shared expert gives.
   */
  readonly again: "nothing" | "there" | "there and back";
}

/**
 * How tokens travel; undefined where nothing bounds the tokens of a batch, and where none travels alone.
 *
 * @param tokens of a micro-batch, which the ranks of a tp group share out.
 */
export function exchangeOf(
  { parallelism, precision, recompute }: Pick<Plan, "parallelism" | "precision" | "recompute">,
  model: Pick<Model, "sizes" | "parameters" | "text_type">,
  { ep_size, tp_size }: { readonly ep_size: number; readonly tp_size: number },
  tokens: number | null,
): Exchange | undefined {
  if (tokens === null || parallelism.ep_implementation === "all_reduce") return undefined;
  const { hidden_size, num_experts, num_experts_per_tok } = model.sizes;
  const once = parallelism.ep_implementation === "planc";
  const again = once && !goesOn(model) ? "there" : "there and back";
  return {
    tokens: Math.ceil(tokens / tp_size),
    hidden_size,
    bytes: bytesOf[precision.compute],
    num_experts,
    num_experts_per_tok,
    ep_size,
    once,
    again: recompute === "full" ? again : "nothing",
  };
}

/** Families whose shared experts run before the routed ones. */
const sharedFirst: ReadonlySet<string> = new Set(["ernie4_5_moe"]);

/** Whether a layer computes something behind its routed experts: a shared expert, or a norm of what comes out of the block. */
export function goesOn({ parameters, text_type }: Pick<Model, "parameters" | "text_type">): boolean {
  return parameters.some(
    ({ name, kind }) =>
      (kind === "shared_expert" && !sharedFirst.has(text_type)) || /post_(feedforward|mlp|ffn)[^.]*norm/.test(name),
  );
}

/** Rows that a rank sends to others in one layer of one micro-batch, and those that it gets from them. */
export interface ExchangedRows {
  readonly sent: number;
  readonly received: number;
}

/** The rows when tokens choose their experts evenly. `others`: how many ranks of the group are meant; left out, all others. */
export function evenRows(exchange: Exchange, others = exchange.ep_size - 1): ExchangedRows {
  const { tokens, num_experts, num_experts_per_tok, ep_size, once } = exchange;
  const visits = once
    ? chanceOfVisit(num_experts, num_experts_per_tok, num_experts / ep_size)
    : num_experts_per_tok / ep_size;
  const rows = tokens * visits * others;
  return { sent: rows, received: rows };
}

/** Sizes and numbers of experts are sent as int64 and int32, routing weights as float32. */
const [long, int, float] = [8, 4, 4];

/**
 * Bytes that a rank sends for one layer of one micro-batch, forward and backward: rows with their choices and weights, and how
 * many there will be.
 */
export function exchangeBytes(exchange: Exchange, rows: ExchangedRows, others = exchange.ep_size - 1): number {
  const { hidden_size, bytes, num_experts, num_experts_per_tok, ep_size, once, again } = exchange;
  const row = hidden_size * bytes;
  const counted = long * (num_experts / ep_size + (once ? 1 : 0)) * others;
  const there = row + (once ? num_experts_per_tok * (int + float) : 0);
  const back = row + (once ? num_experts_per_tok * float : 0);
  // There, back, and the gradients of both.
  const first = counted + rows.sent * there + rows.received * row + rows.received * back + rows.sent * row;
  if (again === "nothing") return first;
  // planc's exchange knows sizes and choices by then, but for a run's first micro-batch.
  const second = once ? rows.sent * row : counted + rows.sent * there;
  return first + second + (again === "there" ? 0 : rows.received * row);
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
