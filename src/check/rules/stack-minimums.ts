import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import { replaceWith } from "../../diagnostics/diagnostic.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";
import { isTested } from "../../stack/known.ts";
import { compareVersions } from "../../text/version.ts";

export const PLN4003 = diagnostic("PLN4003", {
  severity: "error",
  messages: { default: text`${"package"} ${"version"} is too old: ${"why"}` },
});

export const PLN4004 = diagnostic("PLN4004", {
  severity: "warning",
  messages: { default: text`planc was tested with ${"package"} ${"tested"}, not with ${"version"}` },
  help: "rehearse the plan before spending GPU hours, or pin the tested release",
});

/** torch and accelerate against what the engine and the trainer need, and against what was tested. */
export const stackMinimums: Rule<PlanFacts> = {
  name: "stack-minimums",
  *check({ plan, release, task, tested: known }) {
    const minimums = [...release.minimums, ...task.minimums];
    for (const name of ["torch", "accelerate"] as const) {
      const version = plan.versions[name];
      const tested = known[name];
      const location = plan.written.at(["stack", "versions", name]);
      const fixes = [replaceWith(location, tested)];
      const failed = minimums.find(
        (minimum) =>
          minimum.package === name && (minimum.when?.(plan) ?? true) && compareVersions(version, minimum.version) < 0,
      );
      if (failed !== undefined) {
        yield PLN4003(
          location,
          { package: name, version, why: failed.why },
          { fixes, help: `write ${name}: ${tested}` },
        );
      } else if (!isTested(version, tested)) {
        yield PLN4004(location, { package: name, version, tested }, { fixes });
      }
    }
  },
};

export const pages = {
  PLN4003: {
    title: "release too old for the stack",
    docs: `The releases of a stack need each other. These minimums are those of transformers 5.23 and 5.24 and TRL 1.16: below them the
installation fails, or the job stops when it shards the model.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.7.1 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4004: {
    title: "release that planc was not tested with",
    docs: `The bundle's \`requirements.txt\` pins what the plan says. Other releases of torch and accelerate than the tested ones
may well work; nothing has shown that they do.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.9.0 }
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
    name: "torch that cannot shard",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.7.1 }
#@ [77:82) PLN4003 torch 2.7.1 is too old: transformers 5.23 shards with FSDP2 from torch 2.8
#@   help: write torch: 2.15.0
#@   fix "change it to 2.15.0" -> fine
`,
  },
  {
    name: "accelerate older than the trainer takes",
    plan: `
stack:
  versions:
    transformers: 5.23.0
    trl: 1.16.0
    accelerate: 1.3.0
#@ [17:22) PLN4003 accelerate 1.3.0 is too old: TRL 1.16.0 needs accelerate 1.10.1
#@   help: write accelerate: 1.15.0
#@   fix "change it to 1.15.0" -> fine
    torch: 2.15.0
`,
  },
  {
    name: "accelerate that has no tensor parallelism beside FSDP",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.11.0, torch: 2.15.0 }
#@ [62:68) PLN4003 accelerate 1.11.0 is too old: the trainer needs accelerate 1.12 for tp_size above 1
#@   help: write accelerate: 1.15.0
#@   fix "change it to 1.15.0" -> fine
parallelism: { ep_size: 4, tp_size: 2, fsdp_size: 4 }
`,
  },
  {
    name: "both not tested, but able",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.11.0, torch: 2.16.0 }
#@ [62:68) PLN4004 warning: planc was tested with accelerate 1.15.0, not with 1.11.0
#@   help: rehearse the plan before spending GPU hours, or pin the tested release
#@   fix "change it to 1.15.0" -> PLN4004
#@ [77:83) PLN4004 warning: planc was tested with torch 2.15.0, not with 2.16.0
#@   help: rehearse the plan before spending GPU hours, or pin the tested release
#@   fix "change it to 2.15.0" -> PLN4004
`,
  },
  {
    name: "a pre-release of what was tested",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0rc1 }
#@ [77:86) PLN4004 warning: planc was tested with torch 2.15.0, not with 2.15.0rc1
#@   help: rehearse the plan before spending GPU hours, or pin the tested release
#@   fix "change it to 2.15.0" -> fine
`,
  },
  {
    name: "a patch release, and a build of the tested one",
    shows: "nothing",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.3, torch: 2.15.0+cu132 }
`,
  },
];
