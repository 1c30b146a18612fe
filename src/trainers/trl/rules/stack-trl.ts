import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { compareVersions, parseVersion } from "../../../text/version.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4002 = diagnostic("PLN4002", {
  severity: "error",
  messages: { default: text`TRL ${"version"} is not supported: planc knows the options of TRL ${"known"}` },
});

/** The options under `sft` are those of one release. */
export const stackTrl: Rule<PlanFacts> = {
  name: "stack-trl",
  *check(facts) {
    const { plan } = facts;
    const version = plan.versions.trl;
    if (compareVersions(version, facts.task.release) === 0 && parseVersion(version).suffix === "") return;
    const location = plan.written.at("stack.versions.trl");
    const known = facts.task.release;
    yield PLN4002(location, { version, known }, { help: `write trl: ${known}`, fixes: [replaceWith(location, known)] });
  },
};

export const pages = {
  PLN4002: {
    title: "release of TRL not supported",
    docs: `The options under \`sft\` are those of one TRL release: their names, types, defaults and what the trainer does with them
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
