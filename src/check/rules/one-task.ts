import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { tasks } from "../../plan/task.ts";
import type { PlanFacts } from "../../stack/facts.ts";

export const PLN1026 = diagnostic("PLN1026", {
  severity: "error",
  messages: { default: text`${"other"} stands beside ${"task"}: a plan trains with one of them` },
});

/** A plan trains in one way. */
export const oneTask: Rule<PlanFacts> = {
  name: "one-task",
  *check({ plan }) {
    for (const other of tasks) {
      if (other === plan.task || !plan.written.has(other)) continue;
      const related = [{ message: `${plan.task} is here`, location: plan.written.at(plan.task, "key") }];
      const help = `drop ${plan.task} or ${other}, or make two plans of it, the second on what the first saves`;
      yield PLN1026(plan.written.at(other, "key"), { other, task: plan.task }, { help, related });
    }
  },
};

export const pages = {
  PLN1026: {
    title: "two tasks in a plan",
    docs: `The section with the trainer's options says how a plan trains: \`sft\` or \`dpo\`. Fine-tuning first and preferences after it
are two jobs: the second plan's \`model.checkpoint\` is what the first one saves.

Wrong:

\`\`\`yaml
sft: { max_length: 4096 }
dpo: { max_length: 2048, beta: 0.1 }
\`\`\`

Right:

\`\`\`yaml
dpo: { max_length: 2048, beta: 0.1 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ [01:04) PLN5052 warning: 3 epochs and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
#@   fix "save every 500 steps, and keep two" -> PLN1026
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@     + sft: { max_length: 4096, save_strategy: steps, save_steps: 500, save_total_limit: 2, per_device_train_batch_size: 1 }
dpo: { max_length: 2048 }
#@ [01:04) PLN1026 dpo stands beside sft: a plan trains with one of them
#@   help: drop sft or dpo, or make two plans of it, the second on what the first saves
#@   related 1:[01:04) sft is here
`,
  },
  {
    name: "preferences alone",
    shows: "nothing",
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, learning_rate: 1.0e-6 }
`,
  },
];
