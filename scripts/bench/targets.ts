import { median, type Time } from "./measure.ts";

/** What a case costs, as a figure that carries from one machine to another, and the most it may be. */
export interface Target {
  readonly what: string;
  readonly unit: string;
  readonly most: number;
  value(times: Times): number;
}

/** Name of a case → what each round took. */
export type Times = ReadonlyMap<string, readonly Time[]>;

export const manyPlans = 200;

/** Unknown keys of a plan, and ten times as many. */
export const manyKeys = 2000;

/** Start-up and work above what `node` itself costs, in the same round. */
function above(times: Times, name: string): number {
  const node = times.get("node") ?? [];
  return median((times.get(name) ?? []).map(({ clock }, round) => clock - (node[round]?.clock ?? Number.NaN)));
}

/** Processor time over that of `node` itself. */
function overNode(times: Times, name: string): number {
  const [own, node] = [name, "node"].map((each) => median((times.get(each) ?? []).map(({ processor }) => processor)));
  return (own ?? Number.NaN) / (node ?? Number.NaN);
}

export const targets: readonly Target[] = [
  {
    what: "check of the example, processor time over node -e 0",
    unit: "x",
    most: 1.5,
    value: (times) => overNode(times, "check"),
  },
  {
    what: "compile of the example, processor time over node -e 0",
    unit: "x",
    most: 1.9,
    value: (times) => overNode(times, "compile"),
  },
  { what: "check of the example, above node -e 0", unit: "ms", most: 40, value: (times) => above(times, "check") },
  { what: "compile of the example, above node -e 0", unit: "ms", most: 80, value: (times) => above(times, "compile") },
  {
    what: "compile of 1T parameters on 4,096 ranks, against the example",
    unit: "x",
    most: 2,
    value: (times) => above(times, "compile 1T") / above(times, "compile"),
  },
  {
    what: `check of ${manyPlans} plans in one call, each`,
    unit: "ms",
    most: 5,
    value: (times) => above(times, "check many") / manyPlans,
  },
  {
    what: `check of ${(10 * manyKeys).toLocaleString("en")} unknown keys, against ${manyKeys.toLocaleString("en")}`,
    unit: "x",
    most: 11,
    value: (times) => above(times, "many keys") / above(times, "keys"),
  },
];
