import { classes, type TimeClass } from "../estimate/time/classes.ts";
import type { StepTime } from "../estimate/time/time.ts";
import { gpusOf } from "./request.ts";
import type { Timed } from "./search.ts";

/** Why a plan is not the first, in words; empty where nothing tells them apart. */
export function whyNot(first: Timed, other: Timed): string {
  if (first.time === null || other.time === null) return "";
  const share = secondsPerToken(other, other.time) / secondsPerToken(first, first.time) - 1;
  if (share < 0) return `${percent(-share)} faster`;
  const [a, b] = [first.candidate, other.candidate];
  const slower = share < 1 ? `${percent(share)} slower` : `${(1 + share).toFixed(1)} times as long`;
  if (gpusOf(a.machines) !== gpusOf(b.machines) || a.machines.gpu !== b.machines.gpu) return slower;
  const most = grown(first.time, other.time);
  return most === undefined ? slower : `${slower}: ${most}`;
}

/** The class whose seconds have grown the most. */
function grown(first: StepTime, other: StepTime): string | undefined {
  let [most, by]: [TimeClass | undefined, number] = [undefined, 0];
  for (const name of Object.keys(classes) as TimeClass[]) {
    const more = other.classes[name] - first.classes[name];
    if (more > by) [most, by] = [name, more];
  }
  return most === undefined ? undefined : `${seconds(by)} more for ${wordsOf[most]}`;
}

const wordsOf: Readonly<Record<TimeClass, string>> = {
  dense_products: "dense products",
  expert_products: "products of the experts",
  attention: "attention",
  head: "the loss head",
  rows: "sorting rows by expert",
  elementwise: "norms and activations",
  optimizer: "the optimizer",
  exchange: "tokens to their experts and back",
  tensor_parallel: "sums over tp",
  sharding: "gathering shards and summing gradients",
  host: "waiting for the host",
};

/** Of a token, all GPUs together. */
export function secondsPerToken({ candidate }: Timed, time: StepTime): number {
  return 1 / (time.tokens_per_second_per_gpu * gpusOf(candidate.machines));
}

export function percent(share: number): string {
  const value = 100 * share;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** 0.0123 → "12 ms", 2.493 → "2.49 s". */
export function seconds(value: number): string {
  if (value < 0.9995) return `${(1000 * value).toPrecision(value < 0.00995 ? 2 : 3).replace(/e.*/, "")} ms`;
  return value < 99.5 ? `${Number(value.toPrecision(3))} s` : `${Math.round(value)} s`;
}
