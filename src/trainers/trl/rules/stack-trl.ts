import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { standingOf } from "../../../stack/known.ts";
import { andList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4002 = diagnostic("PLN4002", {
  severity: "error",
  messages: { default: text`TRL ${"version"} is not supported: planc knows the options of TRL ${"known"}` },
});

/** The trainer's options are those of one release. */
export const stackTrl: Rule<PlanFacts> = {
  name: "stack-trl",
  *check({ plan, trainer }) {
    const { kind, mayBeTried, by } = standingOf(trainer, plan.versions);
    if (kind === "known" || (plan.stack.untested && mayBeTried)) return;
    const location = plan.written.at("stack.versions.trl");
    const known = andList(trainer.releases.map((release) => release.version));
    const pinned = `write trl: ${by.version}`;
    const help = mayBeTried
      ? `${pinned}, or stack.untested: true, which judges it as ${by.version} and rehearses before it trains`
      : pinned;
    yield PLN4002(
      location,
      { version: plan.versions.trl, known },
      { help, fixes: [replaceWith(location, by.version)] },
    );
  },
};

export const pages = {
  PLN4002: {
    title: "release of TRL not supported",
    docs: `The options under \`sft\` or \`dpo\` are those of one TRL release: their names, types, defaults and what the trainer does with them
on a sharded model. planc has read them from TRL 1.16.0.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.13.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "another release",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.13.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [42:48) PLN4002 TRL 1.13.0 is not supported: planc knows the options of TRL 1.16.0
#@   help: write trl: 1.16.0
#@   fix "change it to 1.16.0" -> fine
`,
  },
  {
    name: "a newer release",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.17.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [42:48) PLN4002 TRL 1.17.0 is not supported: planc knows the options of TRL 1.16.0
#@   help: write trl: 1.16.0, or stack.untested: true, which judges it as 1.16.0 and rehearses before it trains
#@   fix "change it to 1.16.0" -> fine
`,
  },
  {
    name: "a pre-release",
    plan: `
stack:
  versions:
    transformers: 5.23.0
    trl: 1.16.0rc1
#@ [10:19) PLN4002 TRL 1.16.0rc1 is not supported: planc knows the options of TRL 1.16.0
#@   help: write trl: 1.16.0
#@   fix "change it to 1.16.0" -> fine
    accelerate: 1.15.0
    torch: 2.15.0
`,
  },
  {
    name: "the release, written shorter",
    shows: "nothing",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: '1.16', accelerate: 1.15.0, torch: 2.15.0 }
`,
  },
];
