/** What `planc fit` found, as its formats show it. */
import type { Offer, Prices } from "../../cluster/prices.ts";
import { usedBytes } from "../../estimate/memory.ts";
import type { Fit, Proposal } from "../../fit/fit.ts";
import { percent, secondsPerToken, whyNot } from "../../fit/reasons.ts";
import type { Machines } from "../../fit/request.ts";
import type { Timed } from "../../fit/search.ts";

/** Machines that are compared: those of the command line, or each offer's. */
export interface Choice {
  readonly machines: Machines;
  readonly offer: Offer | undefined;
}

export interface Row {
  readonly proposal: Proposal;
  readonly offer: Offer | undefined;
  /** Of 10^9 tokens, in the list's currency; null where there are no prices or no time. */
  readonly cost: number | null;
  /** Bytes that a rank takes at its peak, and that are left; null where the peak is not known. */
  readonly used: number | null;
  readonly left: number | null;
  /** Why it is not the first; empty for the first. */
  readonly why: string;
}

export interface View {
  readonly rows: readonly Row[];
  readonly others: readonly Row[];
  readonly tooLarge: readonly Timed[];
  readonly candidates: number;
  readonly prices: Prices | undefined;
}

/** The price of 10^9 tokens; null where it is not known. */
export function costOf(timed: Timed, offer: Offer | undefined): number | null {
  if (offer === undefined || timed.time === null) return null;
  return (offer.pricePerHour / 3600) * secondsPerToken(timed, timed.time) * 1e9;
}

export function viewOf(found: Fit, choices: readonly Choice[], prices: Prices | undefined, isByCost: boolean): View {
  const [first] = found.plans;
  const offerOf = ({ candidate }: Timed) => choices.find(({ machines }) => machines === candidate.machines)?.offer;
  const rowOf = (proposal: Proposal): Row => {
    const { memory, cluster } = proposal.checked;
    const used = usedBytes(memory);
    const [cost, least] = [costOf(proposal, offerOf(proposal)), first ? costOf(first, offerOf(first)) : null];
    const isFirst = first === undefined || proposal === first;
    return {
      proposal,
      offer: offerOf(proposal),
      cost,
      used,
      left: used === null ? null : cluster.gpu.memory - used,
      why: isFirst
        ? ""
        : [isByCost ? dearer(least, cost) : "", whyNot(first, proposal)].filter((part) => part).join(", "),
    };
  };
  // What does not fit is of interest where it would be better than what does.
  const measure = (timed: Timed) =>
    timed.time === null ? Number.POSITIVE_INFINITY : secondsPerToken(timed, timed.time);
  const tooLarge = found.tooLarge.filter(
    (each) =>
      first !== undefined && each.candidate.machines === first.candidate.machines && measure(each) < measure(first),
  );
  const { candidates } = found;
  return { rows: found.plans.map(rowOf), others: found.others.map(rowOf), tooLarge, candidates, prices };
}

function dearer(least: number | null, cost: number | null): string {
  if (least === null || cost === null || least === 0) return "";
  const share = cost / least - 1;
  return share < 0 ? `${percent(-share)} cheaper` : `${percent(share)} dearer`;
}
