/** Where the tokens of a rank go, and what comes to it. */

export interface Routing {
  /** Tokens of a micro-batch on the rank, and experts of each. */
  readonly tokens: number;
  readonly num_experts: number;
  readonly num_experts_per_tok: number;
  readonly ep_size: number;
}

/** Of one rank and one layer. */
export interface RoutedRows {
  /** Rows that it sends to other ranks, one for each token and rank that it visits. */
  readonly sent: number;
  readonly received: number;
  /** Pairs of a row and a local expert. */
  readonly assignments: number;
}

/**
 * Rows of a rank that gets `load` times its share of the assignments; what it sends itself is as if tokens chose evenly. More
 * than every token of its group cannot come.
 */
export function routedRows({ tokens, num_experts, num_experts_per_tok, ep_size }: Routing, load: number): RoutedRows {
  const local = num_experts / ep_size;
  const others = ep_size - 1;
  const even = tokens * others * chanceOfVisit(num_experts, num_experts_per_tok, local);
  return {
    sent: even,
    received: Math.min(tokens * others, even * load),
    assignments: Math.min(tokens * ep_size * Math.min(num_experts_per_tok, local), tokens * num_experts_per_tok * load),
  };
}

/** The load of a rank whose experts every token of its group chooses, as far as it has so many. */
export function worstLoad({ num_experts, num_experts_per_tok, ep_size }: Omit<Routing, "tokens">): number {
  return (ep_size * Math.min(num_experts_per_tok, num_experts / ep_size)) / num_experts_per_tok;
}

/** That a token with `chosen` of `experts` has one among the `held` of a rank. */
export function chanceOfVisit(experts: number, chosen: number, held: number): number {
  let none = 1;
  for (let index = 0; index < chosen; index++) none *= Math.max(0, experts - held - index) / (experts - index);
  return 1 - none;
}
