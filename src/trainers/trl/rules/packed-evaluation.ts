import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { evaluationPackedAlone as issue } from "../issues/evaluation.ts";
import { optionValue } from "../options/defaults.ts";

export const PLN4052 = diagnostic("PLN4052", {
  severity: "error",
  messages: {
    default: text`eval_packing true puts several documents into a row of the evaluation, where they see each other while training rows are not packed`,
  },
  help: "drop eval_packing, or pack the training rows as well: packing: true",
});

/** The trainer's collator keeps documents apart in evaluation only where it does in training. */
export const packedEvaluation: Rule<PlanFacts> = {
  name: "packed-evaluation",
  *check(facts) {
    const { plan } = facts;
    if (plan.options["eval_packing"] !== true || facts.rows.packed_by !== undefined) return;
    const evaluates = optionValue(facts, "eval_strategy") !== "no" || optionValue(facts, "eval_on_start") === true;
    if (!evaluates || optionValue(facts, "packing_strategy") === "wrapped") return;
    yield PLN4052(optionAt(plan, "eval_packing"), {}, { issue });
  },
};

export const pages = {
  PLN4052: {
    title: "evaluation rows whose documents see each other",
    docs: `The trainer has one collator for both data sets, and it keeps documents apart only where training rows are packed
(\`packing: true\` with bfd or bfd_split) or \`padding_free\`. Otherwise a packed row of the evaluation set reaches the model as one
text, in every family, and the loss of the evaluation is not that of its documents.

Wrong:

\`\`\`yaml
data: { path: /data/train.parquet, eval_split: test }
sft: { packing: false, eval_packing: true, eval_strategy: steps, eval_steps: 100 }
\`\`\`

Right:

\`\`\`yaml
data: { path: /data/train.parquet, eval_split: test }
sft: { packing: true, eval_strategy: steps, eval_steps: 100 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "the evaluation alone is packed",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft: { packing: false, eval_packing: true, eval_strategy: steps, eval_steps: 100, max_length: 1024, per_device_train_batch_size: 1 }
#@ [38:42) PLN4052 eval_packing true puts several documents into a row of the evaluation, where they see each other while training rows are not packed
#@   help: drop eval_packing, or pack the training rows as well: packing: true
#@   issue: evaluation-packed-alone
`,
  },
  {
    name: "evaluated before the first step alone",
    plan: `
data:
  path: /data/train.parquet
  eval_split: test
sft:
  eval_packing: true
#@ [17:21) PLN4052 eval_packing true puts several documents into a row of the evaluation, where they see each other while training rows are not packed
#@   help: drop eval_packing, or pack the training rows as well: packing: true
#@   issue: evaluation-packed-alone
  eval_on_start: true
  max_length: 1024
  per_device_train_batch_size: 1
`,
  },
  {
    name: "rows cut from documents put end to end keep nothing apart in training either",
    shows: "nothing",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft: { packing: true, packing_strategy: wrapped, eval_packing: true, eval_strategy: steps, eval_steps: 100, max_length: 1024, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "both are packed",
    shows: "nothing",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft: { packing: true, eval_packing: true, eval_strategy: steps, eval_steps: 100, max_length: 1024, per_device_train_batch_size: 1 }
`,
  },
];
