import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { standingOf } from "../../../stack/known.ts";
import { andList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { insteadOf, whyRefused } from "../issues/why-refused.ts";

export const PLN4001 = diagnostic("PLN4001", {
  severity: "error",
  messages: {
    default: text`transformers ${"version"} is not supported: ${"why"}`,
    newer: text`transformers ${"version"} is newer than this planc knows; it knows ${"known"}`,
    patch: text`planc does not know transformers ${"version"}; it knows ${"known"}`,
    prerelease: text`transformers ${"version"} is a pre-release; planc knows ${"known"}`,
  },
});

/** The releases that planc has read; the others by name, with what is known about them. */
export const stackTransformers: Rule<PlanFacts> = {
  name: "stack-transformers",
  *check(facts) {
    const { plan, engine } = facts;
    const version = plan.versions.transformers;
    const { kind, mayBeTried, by } = standingOf(engine, plan.versions);
    if (kind === "known" || (plan.stack.untested && mayBeTried)) return;
    const location = plan.written.at("stack.versions.transformers");
    const pinned = `write transformers: ${by.version}`;
    const help = mayBeTried
      ? `${pinned}, or stack.untested: true, which judges it as ${by.version} and rehearses before it trains`
      : pinned;
    const advice = { help, fixes: [replaceWith(location, by.version)] };
    if (kind === "older") {
      yield PLN4001(location, { version, why: whyRefused(facts) }, { ...advice, help: insteadOf(version, by.version) });
    } else {
      const known = andList(engine.releases.map((release) => release.version));
      yield PLN4001(location, { version, known }, { variant: kind, ...advice });
    }
  },
};

export const pages = {
  PLN4001: {
    title: "release of transformers not supported",
    docs: `What expert parallelism does, and whether it does it right, changed with nearly every release of transformers 5:
fields were added and renamed, default plans rewritten, and several releases trained with wrong gradients without a
word. planc compiles for the releases that it has compared with one process, parameter by parameter. \`stack.untested: true\`
takes newer ones too, judged by what is known of the nearest, and rehearsed before they train.

Wrong (the gradients of the experts come out divided by \`fsdp_size\`):

\`\`\`yaml
stack:
  versions: { transformers: 5.22.2, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "an older release, and what goes wrong with it",
    config: { with: { num_hidden_layers: 8 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
stack:
  engine: transformers
  trainer: trl
  versions:
    transformers: 5.22.2
#@ [19:25) PLN4001 transformers 5.22.2 is not supported: where ep_size equals fsdp_size * tp_size, the gradients of the experts come out divided by fsdp_size, without a message
#@   help: write transformers: 5.24.0
#@   fix "change it to 5.24.0" -> fine
    trl: 1.16.0
    accelerate: 1.15.0
    torch: 2.15.0
`,
  },
  {
    name: "the same release on a mesh that nothing is known to be wrong with",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.22.2, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4001 transformers 5.22.2 is not supported: planc has no data of it
#@   help: write transformers: 5.24.0
#@   fix "change it to 5.24.0" -> fine
`,
  },
  {
    name: "before expert parallelism",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 4.57.6, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4001 transformers 4.57.6 is not supported: it has no expert parallelism for training
#@   help: write transformers: 5.24.0; ep_size takes the place of enable_expert_parallel, and the release's own expert plan (base_model_ep_plan: default) that of rules with ep_router, gather and local_colwise
#@   fix "change it to 5.24.0" -> fine
`,
  },
  {
    name: "a newer release",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.25.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4001 transformers 5.25.0 is newer than this planc knows; it knows 5.23.0 and 5.24.0
#@   help: write transformers: 5.24.0, or stack.untested: true, which judges it as 5.24.0 and rehearses before it trains
#@   fix "change it to 5.24.0" -> fine
`,
  },
  {
    name: "a pre-release",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0rc1, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:38) PLN4001 transformers 5.23.0rc1 is a pre-release; planc knows 5.23.0 and 5.24.0
#@   help: write transformers: 5.23.0
#@   fix "change it to 5.23.0" -> fine
`,
  },
  {
    name: "the release before the newest",
    shows: "nothing",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
`,
  },
  {
    name: "a patch release that planc has not read",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.1, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
#@ [29:35) PLN4001 planc does not know transformers 5.23.1; it knows 5.23.0 and 5.24.0
#@   help: write transformers: 5.23.0, or stack.untested: true, which judges it as 5.23.0 and rehearses before it trains
#@   fix "change it to 5.23.0" -> fine
`,
  },
  {
    name: "older than all that is known, which nothing lets through",
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
