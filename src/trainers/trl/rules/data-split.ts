import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN2201 = diagnostic("PLN2201", {
  severity: "error",
  messages: { default: text`${"key"} ${"split"} cannot be read: ${"why"}` },
  help: "write train, train[:1000], train[-500:], train[10%:20%] or train+test",
});

const part =
  /^(?<name>\w+(\.\w+)*)(?<slice>\[(?<from>(?<first>-?\d[\d_]*)(?<percent>%)?)?:(?<to>(?<last>-?\d[\d_]*)(?<unit>%)?)?\])?(\((?<rounding>[^)]*)\))?$/;
const roundings: readonly string[] = ["closest", "pct1_dropremainder"];

/** A split is read as the `datasets` library reads it, which says no more than that it does not know the format. */
export const dataSplit: Rule<PlanFacts> = {
  name: "data-split",
  *check({ plan }) {
    const { split, evaluation } = plan.data;
    const written = [
      ["data.split", split],
      ["data.eval_split", evaluation?.split],
    ] as const;
    for (const [key, value] of written) {
      const why = value === undefined ? undefined : objection(value);
      if (why !== undefined) yield PLN2201(plan.written.at(key), { key, split: show(value), why });
    }
  },
};

function objection(split: string): string | undefined {
  for (const text of split.split(/\s*\+\s*/)) {
    const groups = part.exec(text)?.groups;
    if (groups === undefined) return `${show(text)} is neither a name nor a slice of one`;
    const { first, last, percent, unit, rounding } = groups;
    const isPercent = percent !== undefined || unit !== undefined;
    const bounds = [first, last].map((bound) => (bound === undefined ? undefined : Number(bound.replaceAll("_", ""))));
    if (isPercent && ((first !== undefined && percent === undefined) || (last !== undefined && unit === undefined)))
      return `${show(text)} mixes rows and percent, which the library reads as percent`;
    const far = isPercent ? bounds.find((bound) => bound !== undefined && Math.abs(bound) > 100) : undefined;
    if (far !== undefined) return `${far}% is beyond 100%`;
    if (rounding !== undefined && !roundings.includes(rounding))
      return `(${rounding}) is no rounding; there are ${roundings.join(" and ")}`;
    if (rounding !== undefined && !isPercent) return `(${rounding}) rounds percent, and ${show(text)} counts rows`;
    const [from = 0, to = Number.POSITIVE_INFINITY] = bounds;
    if (from >= 0 === to >= 0 && to <= from) return `${show(text)} holds no rows`;
  }
  return undefined;
}

export const pages = {
  PLN2201: {
    title: "split that cannot be read",
    docs: `A split is a name, a slice of one by rows or by percent, or several that are added up with \`+\`. Slices count as
Python's do: from the first row of the slice to the one after its last, negative numbers from the end. Percent may be
followed by \`(closest)\` or \`(pct1_dropremainder)\`. Rows and percent do not mix: the library would read both as percent.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[0.1:0.2]" }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[10%:20%]" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a fraction, and a rounding that there is none of",
    plan: `
data:
  path: data/train.jsonl
  split: "train[0.1:0.2]"
#@ [10:26) PLN2201 data.split "train[0.1:0.2]" cannot be read: "train[0.1:0.2]" is neither a name nor a slice of one
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
  eval_split: "test[:10%](up)"
#@ [15:31) PLN2201 data.eval_split "test[:10%](up)" cannot be read: (up) is no rounding; there are closest and pct1_dropremainder
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "rows and percent in one, and more than all of it",
    plan: `
data: { path: data/train.jsonl, split: "train[10%:20]", eval_split: "test+train[-101%:]" }
#@ [40:55) PLN2201 data.split "train[10%:20]" cannot be read: "train[10%:20]" mixes rows and percent, which the library reads as percent
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
#@ [69:89) PLN2201 data.eval_split "test+train[-101%:]" cannot be read: -101% is beyond 100%
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "a slice that holds nothing, and rows that are rounded",
    plan: `
data: { path: data/train.jsonl, split: "train[10:10]", eval_split: "test[:10](closest)" }
#@ [40:54) PLN2201 data.split "train[10:10]" cannot be read: "train[10:10]" holds no rows
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
#@ [68:88) PLN2201 data.eval_split "test[:10](closest)" cannot be read: (closest) rounds percent, and "test[:10](closest)" counts rows
#@   help: write train, train[:1000], train[-500:], train[10%:20%] or train+test
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "slices that there are",
    shows: "nothing",
    plan: `
data: { path: data/train.jsonl, split: "train[500:501] + more[-5:]", eval_split: "train[:100%](closest)" }
sft: { eval_strategy: epoch }
`,
  },
];
