import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { isHubId, mayBeHubId } from "../../plan/hub-id.ts";
import type { PlanFacts } from "../../stack/facts.ts";

export const PLN2206 = diagnostic("PLN2206", {
  severity: "warning",
  messages: {
    default: text`tokenizer ${"tokenizer"} is a Hub id without a revision: the job loads whatever its main branch holds that day`,
    folder: text`tokenizer_revision has no effect: ${"tokenizer"} is a folder, not a Hub id`,
    alone: text`tokenizer_revision has no effect: the plan names no tokenizer; the checkpoint's own comes with model.revision`,
  },
  help: "write model.tokenizer_revision for a Hub id, the commit's 40 hexadecimal digits, and only there",
});

/** A tokenizer of the Hub is pinned as the checkpoint is. */
export const tokenizerRevision: Rule<PlanFacts> = {
  name: "tokenizer-revision",
  *check({ plan }) {
    const { tokenizer, tokenizer_revision: revision } = plan.model;
    if (tokenizer === undefined) {
      if (revision !== undefined) yield PLN2206(plan.written.at("model.tokenizer_revision"), {}, { variant: "alone" });
    } else if (revision === undefined) {
      if (isHubId(tokenizer)) yield PLN2206(plan.written.at("model.tokenizer"), { tokenizer });
    } else if (!mayBeHubId(tokenizer)) {
      yield PLN2206(plan.written.at("model.tokenizer_revision"), { tokenizer }, { variant: "folder" });
    }
  },
};

export const pages = {
  PLN2206: {
    title: "revision of a tokenizer",
    docs: `A chat template or a vocabulary that changes on the Hub changes what every row becomes. Pin it as you pin the checkpoint.

Wrong:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/base, tokenizer: org/with-template }
\`\`\`

Right:

\`\`\`yaml
model:
  config: model/config.json
  checkpoint: /data/base
  tokenizer: org/with-template
  tokenizer_revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "of the Hub, with no revision",
    plan: `
model: { tokenizer: org/with-template }
#@ [21:38) PLN2206 warning: tokenizer org/with-template is a Hub id without a revision: the job loads whatever its main branch holds that day
#@   help: write model.tokenizer_revision for a Hub id, the commit's 40 hexadecimal digits, and only there
`,
  },
  {
    name: "a revision of a folder",
    plan: `
model:
  tokenizer: ./tokenizer
  tokenizer_revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
#@ [23:63) PLN2206 warning: tokenizer_revision has no effect: ./tokenizer is a folder, not a Hub id
#@   help: write model.tokenizer_revision for a Hub id, the commit's 40 hexadecimal digits, and only there
`,
  },
  {
    name: "a revision of no tokenizer",
    plan: `
model: { tokenizer_revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
#@ [30:70) PLN2206 warning: tokenizer_revision has no effect: the plan names no tokenizer; the checkpoint's own comes with model.revision
#@   help: write model.tokenizer_revision for a Hub id, the commit's 40 hexadecimal digits, and only there
`,
  },
  {
    name: "a name without an owner may be one of the Hub, or a folder",
    shows: "nothing",
    plan: `
model: { tokenizer: gpt2 }
`,
  },
  {
    name: "a pinned one",
    shows: "nothing",
    plan: `
model: { tokenizer: gpt2, tokenizer_revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
`,
  },
];
