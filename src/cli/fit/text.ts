import type { Candidate } from "../../fit/candidate.ts";
import { seconds } from "../../fit/reasons.ts";
import type { Timed } from "../../fit/search.ts";
import { fold } from "../../text/fold.ts";
import { visible } from "../../text/visible.ts";
import { bytes, count, plural } from "../../text/words.ts";
import { table } from "../explain/table.ts";
import type { Row, View } from "./view.ts";

/** Plans that would be faster and do not fit, that are told of. */
const fewTooLarge = 2;

/** The ranking for people, a line for each plan. */
export function fitText({ rows, others, tooLarge, candidates, prices }: View, width: number): string {
  const [first] = rows;
  if (first === undefined) return "";
  const hasPrices = prices !== undefined;
  const currency = prices?.currency === "" || prices === undefined ? "" : `, ${prices.currency}`;
  const head = [
    "",
    ...(hasPrices ? ["offer"] : []),
    "plan",
    "recompute",
    "batch",
    "a step",
    "tokens/s/GPU",
    ...(hasPrices ? [`cost${currency}`] : []),
    "left",
    "",
  ];
  const lines = [
    head,
    ...rows.map((row, index) => cells(row, String(index + 1), hasPrices)),
    ...others.map((row) => cells(row, "*", hasPrices)),
  ];
  const right = hasPrices ? [5, 6, 7, 8] : [4, 5, 6];
  const { checked } = first.proposal;
  const tokens = checked.batch.tokens_per_step ?? 0;
  const title = `${plural(candidates, "plan")} for ${checked.model.model_type} compared, ${count(tokens)} tokens a step`;
  const notes = [
    ...others.map(({ proposal }) => `* has parameters in ${proposal.candidate.parameters}: ${precisionNote}`),
    ...tooLarge.slice(0, fewTooLarge).map(tooLargeText),
    timesFrom(first.proposal),
    ...(hasPrices ? ["cost: of 10^9 tokens"] : []),
  ];
  return [
    ...fold(title, width),
    "",
    ...table(lines, right, width),
    "",
    ...notes.flatMap((note) => fold(note, width)),
    "",
  ].join("\n");
}

const precisionNote = "half the memory, and every update is rounded to 8 bits (planc explain PLN4041)";

function cells({ proposal, offer, cost, left, why }: Row, mark: string, hasPrices: boolean): string[] {
  const { candidate, time } = proposal;
  return [
    mark,
    ...(hasPrices ? [visible(offer?.name ?? "")] : []),
    meshWords(candidate),
    candidate.recompute,
    `${candidate.sequences} x ${candidate.accumulation}`,
    time === null ? "?" : seconds(time.step_seconds),
    time === null ? "?" : count(Math.round(time.tokens_per_second_per_gpu)),
    ...(hasPrices ? [cost === null ? "?" : cost.toFixed(cost < 100 ? 2 : 0)] : []),
    left === null ? "?" : bytes(left),
    why,
  ];
}

export function meshWords({ ep_size, fsdp_size, tp_size, dp_replicate_size, parameters }: Candidate): string {
  const sizes = Object.entries({ ep: ep_size, fsdp: fsdp_size, tp: tp_size, replicas: dp_replicate_size });
  const words = sizes.filter(([name, size]) => size > 1 || name === "ep").map(([name, size]) => `${name} ${size}`);
  return `${words.join(", ")}${parameters === "float32" ? "" : `, ${parameters}`}`;
}

function tooLargeText({ candidate, time }: Timed): string {
  const pace = time === null ? "" : ` (${seconds(time.step_seconds)})`;
  const { sequences, accumulation, recompute } = candidate;
  return `faster, but with too little room: ${meshWords(candidate)}, recompute ${recompute}, ${sequences} x ${accumulation}${pace}`;
}

/** Where times are from, and how far they may be off. */
function timesFrom({ time }: Timed): string {
  if (time === null)
    return "planc cannot foresee the time of these: they stand in the order of replicas, shards and wide expert parallelism";
  const off = Math.round(100 * (time.range[1] / time.step_seconds - 1));
  return `times: ${time.source}; a step may take up to ${off} % more`;
}
