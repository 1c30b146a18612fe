import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { isHubId, mayBeHubId } from "../../plan/hub-id.ts";
import type { PlanFacts } from "../../stack/facts.ts";

export const PLN4010 = diagnostic("PLN4010", {
  severity: "warning",
  messages: {
    default: text`${"checkpoint"} is a Hub id without a revision: the job loads whatever its main branch holds that day`,
    moving: text`revision ${"revision"} is a branch or a tag: it can come to mean other weights`,
  },
  help: "write model.revision: the commit's 40 hexadecimal digits; for a folder, start the path with ./ or /",
});

export const PLN4011 = diagnostic("PLN4011", {
  severity: "warning",
  messages: { default: text`revision has no effect: ${"checkpoint"} is a folder, not a Hub id` },
  help: "leave revision out",
});

const commit = /^[0-9a-f]{7,40}$/;

/** A Hub checkpoint should be pinned to a commit, so that every run loads the same bytes. */
export const checkpointRevision: Rule<PlanFacts> = {
  name: "checkpoint-revision",
  *check({ plan }) {
    const { checkpoint, revision } = plan.model;
    if (revision === undefined) {
      if (isHubId(checkpoint)) yield PLN4010(plan.written.at("model.checkpoint"), { checkpoint });
    } else if (!mayBeHubId(checkpoint)) {
      yield PLN4011(plan.written.at("model.revision"), { checkpoint });
    } else if (!commit.test(revision)) {
      yield PLN4010(plan.written.at("model.revision"), { revision }, { variant: "moving" });
    }
  },
};

export const pages = {
  PLN4010: {
    title: "checkpoint not pinned",
    docs: `A Hub repository changes. A job that is restarted, or run again next month, should load the bytes that planc checked.

Wrong:

\`\`\`yaml
model: { config: models/qwen3-30b-a3b/config.json, checkpoint: Qwen/Qwen3-30B-A3B }
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
  checkpoint: Qwen/Qwen3-30B-A3B
  revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
\`\`\``,
  },
  PLN4011: {
    title: "revision of a folder",
    docs: `Revisions are the Hub's. For a folder the loader ignores them.

Wrong:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/qwen3, revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
\`\`\`

Right:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/qwen3 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a Hub id alone",
    plan: `
model: { config: config.json, checkpoint: Qwen/Qwen3-30B-A3B }
#@ [43:61) PLN4010 warning: Qwen/Qwen3-30B-A3B is a Hub id without a revision: the job loads whatever its main branch holds that day
#@   help: write model.revision: the commit's 40 hexadecimal digits; for a folder, start the path with ./ or /
`,
  },
  {
    name: "a branch",
    plan: `
model:
  config: config.json
  checkpoint: Qwen/Qwen3-30B-A3B
  revision: main
#@ [13:17) PLN4010 warning: revision main is a branch or a tag: it can come to mean other weights
#@   help: write model.revision: the commit's 40 hexadecimal digits; for a folder, start the path with ./ or /
`,
  },
  {
    name: "a name without an owner may be a Hub id, and its revision should be a commit",
    plan: `
model: { config: config.json, checkpoint: gpt2, revision: v1.0 }
#@ [59:63) PLN4010 warning: revision v1.0 is a branch or a tag: it can come to mean other weights
#@   help: write model.revision: the commit's 40 hexadecimal digits; for a folder, start the path with ./ or /
`,
  },
  {
    name: "a folder",
    plan: `
model: { config: config.json, checkpoint: /data/model, revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
#@ [66:106) PLN4011 warning: revision has no effect: /data/model is a folder, not a Hub id
#@   help: leave revision out
`,
  },
  {
    name: "a folder below the plan's",
    plan: `
model:
  config: config.json
  checkpoint: models/qwen/qwen3
  revision: main
#@ [13:17) PLN4011 warning: revision has no effect: models/qwen/qwen3 is a folder, not a Hub id
#@   help: leave revision out
`,
  },
  {
    name: "a commit",
    shows: "nothing",
    plan: `
model: { config: config.json, checkpoint: Qwen/Qwen3-30B-A3B, revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
`,
  },
];
