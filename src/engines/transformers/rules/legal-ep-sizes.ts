import { divisors, nearest, orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";

/** Every `ep_size` that this model and the other sizes allow: what a rule about one of the conditions should offer. */
export function legalEpSizes({ model, sizes }: Pick<ModelFacts, "model" | "sizes">): number[] {
  const ranks = sizes.fsdp_size * sizes.tp_size;
  const experts = model.sizes.num_experts;
  return divisors(ranks).filter(
    (ep) => ep === 1 || (ep % sizes.tp_size === 0 && experts % ep === 0 && experts / ep >= ranks / ep),
  );
}

/** "legal here: 2, 4 or 8", the ones nearest to what was written. */
export function legalHelp(facts: ModelFacts): string {
  return `legal ep_size here: ${orList(nearest(facts.sizes.ep_size, legalEpSizes(facts)))}`;
}

/** The legal size nearest to what was written, above 1 where there is one; undefined where only 1 is left. */
export function nearestEpSize(facts: ModelFacts): number | undefined {
  const above = legalEpSizes(facts).filter((ep) => ep > 1);
  return nearest(facts.sizes.ep_size, above, 1)[0];
}
