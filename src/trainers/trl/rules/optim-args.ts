import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/values.ts";
import { orList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";
import { flagOf, numberOf, optimArguments, optimOptions, parseOptimArgs } from "../options/optim-args.ts";
import { PLN4022 } from "./option-types.ts";

export const PLN4060 = diagnostic("PLN4060", {
  severity: "warning",
  messages: {
    default: text`${"name"} in optim_args has no effect: for optimizer ${"optimizer"} the trainer reads ${"takes"} there`,
  },
});

export const PLN4061 = diagnostic("PLN4061", {
  severity: "error",
  messages: { default: text`${"name"} in optim_args takes ${"expected"}, not ${"value"}` },
  help: "write a value that the optimizer takes",
});

/** `optim_args` is a text that the trainer splits: names that its optimizer does not read pass by without a word. */
export const optimArgs: Rule<PlanFacts> = {
  name: "optim-args",
  *check(facts) {
    const { plan } = facts;
    const written = plan.options["optim_args"];
    const optimizer = String(optionValue(facts, "optim"));
    const known = Object.hasOwn(optimArguments, optimizer) ? optimArguments[optimizer] : undefined;
    if (typeof written !== "string") return;
    const location = optionAt(plan, "optim_args");
    const given = parseOptimArgs(written);
    if (given === undefined) {
      const expected = "text of name=value pairs with commas between them";
      yield PLN4022(location, { name: "optim_args", written: show(written), expected });
      return;
    }
    if (known === undefined) return;
    const takes = Object.keys(known).length === 0 ? "nothing" : orList(Object.keys(known));
    for (const [name, value] of given) {
      const kind = Object.hasOwn(known, name) ? known[name] : undefined;
      if (kind === undefined) {
        const option = Object.hasOwn(optimOptions, name) ? optimOptions[name] : undefined;
        const help = option === undefined ? `drop ${name}` : `drop it and write ${plan.task}.${option}`;
        yield PLN4060(location, { name, optimizer, takes }, { help });
      } else if ((kind === "flag" ? flagOf(value) : numberOf(value)) === undefined) {
        const expected = kind === "flag" ? "true or false" : "a number of at least 0";
        yield PLN4061(location, { name, value, expected });
      }
    }
    if (optimizer === "sgd" && flagOf(given.get("nesterov") ?? "no") === true) {
      const momentum = numberOf(given.get("momentum") ?? "0") ?? 0;
      const dampening = numberOf(given.get("dampening") ?? "0") ?? 0;
      if (momentum > 0 && dampening === 0) return;
      const expected = "a momentum above 0 and no dampening beside it";
      yield PLN4061(location, { name: "nesterov", expected, value: `momentum ${momentum} and dampening ${dampening}` });
    }
  },
};

export const pages = {
  PLN4060: {
    title: "optimizer argument that nothing reads",
    docs: `The trainer reads a few names of \`optim_args\` for each optimizer and passes the others by without a word. AdamW
reads none: its betas and epsilon are options of their own. A weight decay is \`sft.weight_decay\` for every optimizer.

| optim | names |
|---|---|
| adamw_torch_fused, adamw_torch | none |
| sgd | momentum, dampening, nesterov |
| adagrad | lr_decay, eps |
| rmsprop | momentum, alpha, eps, centered |

Wrong:

\`\`\`yaml
sft: { optim: adamw_torch, optim_args: "betas=1" }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: adamw_torch, adam_beta1: 0.9, adam_beta2: 0.95 }
\`\`\``,
  },
  PLN4061: {
    title: "optimizer argument of the wrong kind",
    docs: `The values of \`optim_args\` are text that is read when the optimizer is made, after the model is loaded. What is no
number stops the job there, and a word that is none of true, yes and 1 counts as false.

Wrong:

\`\`\`yaml
sft: { optim: sgd, optim_args: "momentum=high" }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: sgd, optim_args: "momentum=0.9" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "an optimizer that reads none",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, optim_args: "amsgrad=True,betas=1" }
#@ [70:92) PLN4060 warning: amsgrad in optim_args has no effect: for optimizer adamw_torch_fused the trainer reads nothing there
#@   help: drop amsgrad
#@ [70:92) PLN4060 warning: betas in optim_args has no effect: for optimizer adamw_torch_fused the trainer reads nothing there
#@   help: drop it and write sft.adam_beta1 and adam_beta2
`,
  },
  {
    name: "an optimizer that reads others",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  optim: sgd
  optim_args: lr=1, weight_decay=0.1, maximize=true
#@ [15:52) PLN4060 warning: lr in optim_args has no effect: for optimizer sgd the trainer reads momentum, dampening or nesterov there
#@   help: drop it and write sft.learning_rate
#@ [15:52) PLN4060 warning: weight_decay in optim_args has no effect: for optimizer sgd the trainer reads momentum, dampening or nesterov there
#@   help: drop it and write sft.weight_decay
#@ [15:52) PLN4060 warning: maximize in optim_args has no effect: for optimizer sgd the trainer reads momentum, dampening or nesterov there
#@   help: drop maximize
`,
  },
  {
    name: "a number",
    plan: `
sft: { optim: sgd, optim_args: "momentum=high" }
#@ [32:47) PLN4061 momentum in optim_args takes a number of at least 0, not high
#@   help: write a value that the optimizer takes
`,
  },
  {
    name: "a flag",
    plan: `
sft: { optim: rmsprop, optim_args: "centered=maybe" }
#@ [36:52) PLN4061 centered in optim_args takes true or false, not maybe
#@   help: write a value that the optimizer takes
`,
  },
  {
    name: "nesterov without momentum",
    plan: `
sft: { optim: sgd, optim_args: "nesterov=true" }
#@ [32:47) PLN4061 nesterov in optim_args takes a momentum above 0 and no dampening beside it, not momentum 0 and dampening 0
#@   help: write a value that the optimizer takes
`,
  },
  {
    name: "nesterov with dampening",
    plan: `
sft: { optim: sgd, optim_args: "momentum=0.9,dampening=0.5,nesterov=yes" }
#@ [32:73) PLN4061 nesterov in optim_args takes a momentum above 0 and no dampening beside it, not momentum 0.9 and dampening 0.5
#@   help: write a value that the optimizer takes
`,
  },
  {
    name: "no pairs",
    plan: `
sft: { optim: sgd, optim_args: momentum }
#@ [32:40) PLN4022 optim_args is "momentum"; text of name=value pairs with commas between them is expected
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, optim: rmsprop, optim_args: "momentum=0, alpha=.9, eps=1e-8, centered=True" }
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, optim: sgd, optim_args: "momentum=0.9, dampening=0, nesterov=1" }
`,
  },
];
