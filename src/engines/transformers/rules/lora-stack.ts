import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4084 = diagnostic("PLN4084", {
  severity: "error",
  messages: {
    default: text`planc has not read peft ${"version"}; it knows ${"known"} and its patches`,
    unused: text`stack.versions.peft does nothing in a plan without lora`,
  },
});

/** What targets mean is read from one minor release of PEFT. */
export const loraStack: Rule<PlanFacts> = {
  name: "lora-stack",
  *check({ plan, release }) {
    const { peft } = plan.versions;
    if (peft === undefined) return;
    const location = plan.written.at("stack.versions.peft");
    const known = release.peft.version;
    if (plan.lora === undefined) {
      yield PLN4084(plan.written.at("stack.versions.peft", "key"), {}, { variant: "unused", help: "leave it out" });
    } else if (minorOf(peft) !== minorOf(known) && !plan.stack.untested) {
      const help = "what it makes of targets, and how it stores adapters of experts, may have changed";
      yield PLN4084(location, { version: peft, known }, { help, fixes: [replaceWith(location, known)] });
    }
  },
};

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

export const pages = {
  PLN4084: {
    title: "release of PEFT that planc does not know",
    docs: `What a target means, and how adapters of stacked experts are stored, changes with minor releases of PEFT, so planc reads them one by
one. \`stack.versions.peft\` may be left out: then it is the release that planc is tested with. transformers 5.24 asks for peft 0.22,
which is not released, in \`add_adapter\` and \`load_adapter\` alone; bundles call neither, and 0.21.2 works with it.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0, peft: 0.17.0 }
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0, peft: 0.21.2 }
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "an older release",
    plan: `
stack:
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0, peft: 0.17.0 }
#@ [91:97) PLN4084 planc has not read peft 0.17.0; it knows 0.21.2 and its patches
#@   help: what it makes of targets, and how it stores adapters of experts, may have changed
#@   fix "change it to 0.21.2" -> fine
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "without lora",
    plan: `
stack:
  versions: { transformers: 5.24.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0, peft: 0.21.2 }
#@ [85:89) PLN4084 stack.versions.peft does nothing in a plan without lora
#@   help: leave it out
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "the release that planc is tested with",
    shows: "nothing",
    plan: `
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0, peft: 0.21.2 }
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
