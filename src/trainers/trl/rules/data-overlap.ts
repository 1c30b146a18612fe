import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN2204 = diagnostic("PLN2204", {
  severity: "warning",
  messages: { default: text`evaluations look at ${"evaluated"} of ${"path"}, and the run trains on those rows` },
  help: 'leave them out of data.split: "train[500:]" beside eval_split "train[:500]"',
});

/** A split that is evaluated on although the run trains on all of it. */
export const dataOverlap: Rule<PlanFacts> = {
  name: "data-overlap",
  *check({ plan: { data, written } }) {
    const { evaluation } = data;
    if (evaluation === undefined || evaluation.path !== data.path || evaluation.name !== data.name) return;
    const trained = data.split.split("+");
    const shared = evaluation.split
      .split("+")
      .find((part) => trained.some((each) => each === part || each === nameOf(part)));
    if (shared === undefined) return;
    const key = written.has("data.eval_split") ? "data.eval_split" : "data.eval_path";
    const related = written.has("data.split")
      ? [{ message: "the run trains on this", location: written.at("data.split") }]
      : [];
    yield PLN2204(written.at(key), { evaluated: shared, path: show(data.path) }, { related });
  },
};

function nameOf(part: string): string {
  return part.replace(/[[(].*$/, "");
}

export const pages = {
  PLN2204: {
    title: "evaluation on rows that are trained on",
    docs: `The loss on rows that the model has seen says how well it remembers them, not what it has learnt. \`eval_split\` that is the
training split, or a slice of it while the run trains on all of it, holds the same rows.

Wrong:

\`\`\`yaml
data: { path: data/train.jsonl, eval_split: "train[:500]" }
sft: { eval_strategy: epoch }
\`\`\`

Right:

\`\`\`yaml
data: { path: data/train.jsonl, split: "train[500:]", eval_split: "train[:500]" }
sft: { eval_strategy: epoch }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a part of what is trained on",
    plan: `
data: { path: data/train.jsonl, split: more+train, eval_split: "test+train[:500]" }
#@ [64:82) PLN2204 warning: evaluations look at train[:500] of "data/train.jsonl", and the run trains on those rows
#@   help: leave them out of data.split: "train[500:]" beside eval_split "train[:500]"
#@   related 1:[40:50) the run trains on this
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "the same file once more",
    plan: `
data: { path: data/train.jsonl, eval_path: data/train.jsonl }
#@ [44:60) PLN2204 warning: evaluations look at train of "data/train.jsonl", and the run trains on those rows
#@   help: leave them out of data.split: "train[500:]" beside eval_split "train[:500]"
sft: { eval_strategy: steps, eval_steps: 10 }
`,
  },
];
