import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import { replaceWith } from "../../diagnostics/diagnostic.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";
import { standIns, standingOf, type Versioned, versionIn } from "../../stack/known.ts";

export const PLN4005 = diagnostic("PLN4005", {
  severity: "warning",
  messages: {
    default: text`planc has not read ${"package"} ${"version"}: the plan is judged by what is known of ${"by"}`,
  },
  help: "launch.sh rehearses before it trains, and ends where the ranks disagree with one process; planc rehearse tells now",
});

export const PLN4006 = diagnostic("PLN4006", {
  severity: "warning",
  messages: { default: text`stack.untested true has no effect: planc was tested with all that stack.versions names` },
  help: "leave it out until the plan names a release that planc has not read",
});

/** Releases that planc has not read, where the plan lets it go on all the same. */
export const stackUntested: Rule<PlanFacts> = {
  name: "stack-untested",
  *check({ plan, engine, trainer, tested }) {
    if (!plan.stack.untested) return;
    const standing = [engine, trainer].map(({ name, releases }) =>
      standingOf<Versioned>({ name, releases }, plan.versions),
    );
    const standsIn = standIns({ plan, engine, trainer, tested });
    if (Object.keys(standsIn).length === 0 && standing.every(({ kind }) => kind === "known"))
      yield PLN4006(plan.written.at("stack.untested"), {});
    for (const { name } of [engine, trainer]) {
      const by = standsIn[name];
      if (by === undefined) continue;
      const location = plan.written.at(["stack", "versions", name]);
      const version = versionIn(plan.versions, name) ?? "";
      yield PLN4005(location, { package: name, version, by }, { fixes: [replaceWith(location, by)] });
    }
  },
};

export const pages = {
  PLN4005: {
    title: "release that planc has not read",
    docs: `\`stack.untested\` lets a plan name releases of the engine and the trainer that came after this planc, or patches that it
does not know. Families, parallel plans, options and known mistakes are then those of the nearest release that it has read,
and \`plan.lock.json\` says which under \`stack.untested\`. Whether they still hold is tried: \`launch.sh\` first trains a toy of
the same family on the plan's own mesh, folded to CPU processes, and compares it with one process. Nothing older than the
oldest release that planc knows is let through: what is wrong with those is known.

Wrong, when a release that planc has read will do:

\`\`\`yaml
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.25.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
  untested: true
\`\`\`

Right:

\`\`\`yaml
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4006: {
    title: "untested releases allowed, and none named",
    docs: `\`stack.untested\` is for plans that name a release which planc has not read. With releases that it was tested with, the
key changes nothing, and would hide the next such release.

Wrong:

\`\`\`yaml
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
  untested: true
\`\`\`

Right:

\`\`\`yaml
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a newer release of the engine",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.25.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4005 warning: planc has not read transformers 5.25.0: the plan is judged by what is known of 5.24.0
#@   help: launch.sh rehearses before it trains, and ends where the ranks disagree with one process; planc rehearse tells now
#@   fix "change it to 5.24.0" -> PLN4006
  untested: true
`,
  },
  {
    name: "a patch of an older minor release, and a newer trainer",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.1, trl: 1.17.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4005 warning: planc has not read transformers 5.23.1: the plan is judged by what is known of 5.23.0
#@   help: launch.sh rehearses before it trains, and ends where the ranks disagree with one process; planc rehearse tells now
#@   fix "change it to 5.23.0" -> PLN4005
#@ [42:48) PLN4005 warning: planc has not read trl 1.17.0: the plan is judged by what is known of 1.16.0
#@   help: launch.sh rehearses before it trains, and ends where the ranks disagree with one process; planc rehearse tells now
#@   fix "change it to 1.16.0" -> PLN4005
  untested: true
`,
  },
  {
    name: "releases that were tested",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
  untested: true
#@ [13:17) PLN4006 warning: stack.untested true has no effect: planc was tested with all that stack.versions names
#@   help: leave it out until the plan names a release that planc has not read
`,
  },
  {
    name: "only torch was not tested, which is rehearsed too",
    shows: "nothing",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.16.0 }
#@ [77:83) PLN4004 warning: planc was tested with torch 2.15.0, not with 2.16.0
#@   help: rehearse the plan before spending GPU hours, or pin the tested release
#@   fix "change it to 2.15.0" -> PLN4006
  untested: true
`,
  },
  {
    name: "an older release is refused, whatever is allowed",
    shows: "nothing",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.22.2, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4001 transformers 5.22.2 is not supported: planc has no data of it
#@   help: write transformers: 5.24.0
#@   fix "change it to 5.24.0" -> PLN4006
  untested: true
`,
  },
];
