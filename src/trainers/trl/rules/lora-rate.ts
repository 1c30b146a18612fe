import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";

export const PLN4083 = diagnostic("PLN4083", {
  severity: "info",
  messages: {
    default: text`learning_rate ${"rate"} is one for whole models: adapters, which begin at zero, learn little with it`,
    left: text`learning_rate is TRL's ${"rate"}, one for whole models: adapters, which begin at zero, learn little with it`,
  },
  help: "usual for adapters is about ten times as much, 1.0e-4 to 5.0e-4",
});

/** Below it nobody publishes recipes of adapters, above it hardly anybody trains whole models. */
const usual = 5e-5;

/** Says that a learning rate was probably meant for another kind of training. */
export const loraRate: Rule<PlanFacts> = {
  name: "lora-rate",
  *check(facts) {
    const { plan } = facts;
    const rate = optionValue(facts, "learning_rate");
    if (plan.lora === undefined || typeof rate !== "number" || rate >= usual) return;
    if (isWritten(plan, "learning_rate")) yield PLN4083(optionAt(plan, "learning_rate"), { rate });
    else yield PLN4083(plan.written.at("lora", "key"), { rate }, { variant: "left" });
  },
};

export const pages = {
  PLN4083: {
    title: "learning rate of whole models, for adapters",
    docs: `The second matrix of an adapter begins at zero, so that the model begins as it was. With it small, the gradient of the first matrix is
small, and both move only as far as the learning rate lets them: adapters want about ten times the rate of the whole model, whatever
their rank. The trainer's own default, 2.0e-5, is one for whole models.

Wrong:

\`\`\`yaml
lora: { r: 16 }
sft: { learning_rate: 2.0e-5 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "as for the whole model",
    plan: `
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-5 }
#@ [23:29) PLN4083 info: learning_rate 0.00002 is one for whole models: adapters, which begin at zero, learn little with it
#@   help: usual for adapters is about ten times as much, 1.0e-4 to 5.0e-4
`,
  },
  {
    name: "left to the trainer",
    plan: `
lora: { r: 16, targets: [attention] }
#@ [01:05) PLN4083 info: learning_rate is TRL's 0.00002, one for whole models: adapters, which begin at zero, learn little with it
#@   help: usual for adapters is about ten times as much, 1.0e-4 to 5.0e-4
`,
  },
  {
    name: "ten times as much",
    shows: "nothing",
    plan: `
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
