import type { Model } from "../../../model/model.ts";
import type { MeshSizes } from "../../../stack/mesh.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";
import { leavesNoRankEmpty } from "../placement/shards.ts";

type Facts = Pick<ModelFacts, "model" | "sizes">;

/** Every `ep_size` that this model and the other sizes allow: what a rule about one of the conditions should offer. */
export function legalEpSizes({ model, sizes }: Facts): number[] {
  const ranks = sizes.fsdp_size * sizes.tp_size;
  const experts = model.sizes.num_experts;
  return divisors(ranks).filter((ep) => {
    if (ep === 1) return !areStoredOneByOne(model) || leavesNoRankEmpty(experts, sizes.fsdp_size);
    return ep % sizes.tp_size === 0 && experts % ep === 0 && leavesNoRankEmpty(experts / ep, ranks / ep);
  });
}

/** "legal here: 2, 4 or 8", the ones nearest to what was written; where there is none, the shards that allow some. */
export function legalHelp({ model, sizes }: Facts): string {
  const legal = legalEpSizes({ model, sizes });
  if (legal.length > 0) return `legal ep_size here: ${orList(nearest(sizes.ep_size, legal))}`;
  const ranks = sizes.fsdp_size * sizes.dp_replicate_size;
  const fewer = fewerShards({ model, sizes });
  if (fewer === undefined) return "no ep_size is legal here: change tp_size";
  const allowed = orList(nearest(sizes.ep_size, legalEpSizes({ model, sizes: fewer })));
  const { fsdp_size } = fewer;
  return `no ep_size is legal here: with fsdp_size ${fsdp_size} and dp_replicate_size ${ranks / fsdp_size} it can be ${allowed}`;
}

/** The most shards, with replicas for the rest of the ranks, that allow an `ep_size`. */
function fewerShards({ model, sizes }: Facts): MeshSizes | undefined {
  const fewer = divisors(sizes.fsdp_size).map((fsdp_size) => ({ ...sizes, fsdp_size }));
  return fewer.findLast((each) => legalEpSizes({ model, sizes: each }).length > 0);
}

/** The legal size nearest to what was written, above 1 where there is one; undefined where only 1 is left. */
export function nearestEpSize(facts: Facts): number | undefined {
  const above = legalEpSizes(facts).filter((ep) => ep > 1);
  return nearest(facts.sizes.ep_size, above, 1)[0];
}

/** Such experts are collected while they are loaded, and a rank that has none to stack fails. */
function areStoredOneByOne({ parameters }: Model): boolean {
  return parameters.some(({ kind, stored }) => kind === "expert" && stored.some((name) => name.includes("{expert}")));
}
