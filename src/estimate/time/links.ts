/** How long collectives take, by the bytes that a rank sends and the links between its group's ranks. */
import { type Groups, islandsOf, type Machines } from "../../cluster/links.ts";
import type { LinkRates, Rates } from "./rates.ts";

/** One group of ranks of an axis. */
export interface Group {
  readonly size: number;
  /** Over how many islands it is spread. */
  readonly islands: number;
}

export function groupOf(groups: Groups, machines: Machines): Group {
  return { size: groups.size, islands: groups.size === 1 ? 1 : islandsOf(groups, machines) };
}

/**
 * Seconds of so many collectives in which a rank sends `bytes` in all. Of a group over several islands, what leaves an island goes
 * over the network while the rest stays inside. A sum of shards sends each island's part once over the cards of all its ranks; of
 * tokens each goes its own way.
 */
export function collectiveSeconds(
  rates: Rates,
  kind: keyof LinkRates,
  { size, islands }: Group,
  bytes: number,
  calls: number,
): number {
  if (size === 1 || bytes === 0) return 0;
  const inside = rates.inside?.[kind];
  const across = rates.across?.[kind];
  if (inside === undefined) return Number.NaN;
  if (islands === 1) return calls * inside.seconds + bytes / inside.rate;
  if (across === undefined) return Number.NaN;
  const each = size / islands;
  // Of `size - 1` parts all but `each - 1` come from elsewhere; a ring carries an island's part once for all of its ranks.
  const parts = kind === "all_to_all" ? size - each : (size - each) / each;
  const away = (bytes * parts) / (size - 1);
  return (
    calls * across.seconds + Math.max(away / across.rate, (bytes * Math.max(0, each - 1)) / (size - 1) / inside.rate)
  );
}
