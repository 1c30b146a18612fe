import { expect, test } from "vitest";
import { type Exchange, evenRows, replicatedAcross, shardedAcross } from "../../src/estimate/traffic.ts";

const exchange: Exchange = {
  ...{ tokens: 1, hidden_size: 1, bytes: 1, num_experts: 8, num_experts_per_tok: 3, ep_size: 2 },
  ...{ once: true, again: "nothing" },
};

/** Every choice of `count` of the numbers below `of`. */
function* choices(of: number, count: number, from = 0): Generator<readonly number[]> {
  if (count === 0) yield [];
  else for (let one = from; one < of; one++) for (const rest of choices(of, count - 1, one + 1)) yield [one, ...rest];
}

test("rows of an exchange are those of all choices of experts, on average", () => {
  for (const ep of [2, 4, 8]) {
    const all = [...choices(8, 3)];
    const sent = (chosen: readonly number[], once: boolean) => {
      const ranks = chosen.map((expert) => Math.floor(expert / (8 / ep))).filter((rank) => rank >= ep / 2);
      return once ? new Set(ranks).size : ranks.length;
    };
    for (const once of [true, false]) {
      const average = all.reduce((sum, chosen) => sum + sent(chosen, once), 0) / all.length;
      // To the other half of the ranks.
      expect(evenRows({ ...exchange, ep_size: ep, once }, ep / 2)).toEqual({
        sent: expect.closeTo(average, 10),
        received: expect.closeTo(average, 10),
      });
    }
  }
});

/** Chunks that cross an edge between islands when a ring goes round `ranks` of each: each island gets what it does not hold. */
function crossing(islands: number, ranks: number): number {
  const all = islands * ranks;
  let crossed = 0;
  for (let chunk = 0; chunk < all; chunk++)
    for (let step = 0; step < all - 1; step++) {
      const from = (chunk + step) % all;
      if (Math.floor(from / ranks) !== Math.floor(((from + 1) % all) / ranks)) crossed++;
    }
  return crossed / islands / ranks / all;
}

test("what a ring of all ranks sends between islands is what the formula says, up to the chunk that begins behind an edge", () => {
  for (const [islands, ranks] of [
    [2, 4],
    [4, 8],
  ] as const) {
    const { gathered, reduced } = shardedAcross(1, { compute: 2, reduce: 4 }, islands, ranks);
    const once = crossing(islands, ranks);
    expect(once * 2 * 2 - gathered).toBeGreaterThanOrEqual(0);
    expect((once * 2 * 2) / gathered).toBeLessThan(islands / (islands - 1));
    expect(reduced).toBeCloseTo(gathered, 10);
  }
});

test("replicas send as much as shards where gradients have twice the bytes, and less where they have as many", () => {
  const sum = ({ gathered, reduced }: ReturnType<typeof shardedAcross>) => gathered + reduced;
  const pairs = [4, 2].map((reduce) =>
    [shardedAcross, replicatedAcross].map((way) => sum(way(1e9, { compute: 2, reduce }, 4, 8))),
  );
  expect(pairs[0]?.[0]).toBe(pairs[0]?.[1]);
  expect((pairs[1]?.[1] ?? 0) / (pairs[1]?.[0] ?? 1)).toBeCloseTo(2 / 3, 10);
});
