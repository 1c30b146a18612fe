import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { bestNotLoaded as issue } from "../issues/options.ts";

export const PLN4030 = diagnostic("PLN4030", {
  severity: "error",
  messages: {
    default: text`load_best_model_at_end does not work on a sharded model: the trainer cannot load a checkpoint back into it`,
  },
  help: "drop load_best_model_at_end",
});

export const PLN4031 = diagnostic("PLN4031", {
  severity: "error",
  messages: {
    default: text`${"name"} does not resume a run: the trainer never reads this option`,
  },
  help: "leave it out, and start the job with --resume",
});

export const PLN4035 = diagnostic("PLN4035", {
  severity: "error",
  messages: {
    default: text`with ignore_data_skip a resumed run begins its epoch's rows again: it trains on some of them twice and on others not at all`,
  },
  help: "drop ignore_data_skip",
});

/**
 * A run saves and resumes through the bundle's own checkpoints. The trainer's way back does not know them: it can neither
 * load the best one at the end, nor be told by an option which one to go on from. And a run that goes on is the run that was
 * never stopped, which an option that passes by none of the rows seen would make another.
 */
export const saving: Rule<PlanFacts> = {
  name: "saving",
  *check({ plan }) {
    if (plan.options["load_best_model_at_end"] === true) {
      yield PLN4030(optionAt(plan, "load_best_model_at_end"), {}, { issue });
    }
    if (isWritten(plan, "resume_from_checkpoint") && plan.options["resume_from_checkpoint"] !== null) {
      yield PLN4031(optionAt(plan, "resume_from_checkpoint", "key"), { name: "resume_from_checkpoint" });
    }
    if (plan.options["ignore_data_skip"] === true) yield PLN4035(optionAt(plan, "ignore_data_skip", "key"), {});
  },
};

export const pages = {
  PLN4030: {
    title: "the best checkpoint at the end",
    docs: `The trainer loads a checkpoint back by means of its own, which fail on a model that is sharded when it is loaded. Save
checkpoints, and take the one that evaluation found best when the run has ended.

Wrong:

\`\`\`yaml
sft: { save_strategy: steps, save_steps: 50, load_best_model_at_end: true }
\`\`\`

Right:

\`\`\`yaml
sft: { save_strategy: steps, save_steps: 50, save_total_limit: 3 }
\`\`\``,
  },
  PLN4031: {
    title: "resuming by an option of the plan",
    docs: `A bundle's checkpoints are resumed by its own program: \`./launch.sh --resume\` goes on from the newest complete
checkpoint in the output folder, \`--resume PATH\` from that one. The plan says what a run is, and that is the same before and
after.

Wrong:

\`\`\`yaml
sft: { save_steps: 50, resume_from_checkpoint: output/qwen3-ep8/checkpoint-100 }
\`\`\`

Right:

\`\`\`yaml
sft: { save_steps: 50 }
\`\`\``,
  },
  PLN4035: {
    title: "rows that a resumed run would see twice",
    docs: `A run that \`./launch.sh --resume\` goes on with takes the rows that come after those of its checkpoint, so it ends with the
model that it would have without the interruption. With this option it takes the first rows of the epoch again, and says nothing of it.
The losses after step 3 of a small run, saved there and resumed:

| step | not interrupted | resumed | resumed with ignore_data_skip |
|---|---|---|---|
| 4 | 4.649 | 4.649 | 4.204 |
| 5 | 4.647 | 4.647 | 4.335 |
| 6 | 4.670 | 4.670 | 4.385 |

Wrong:

\`\`\`yaml
sft: { save_steps: 50, ignore_data_skip: true }
\`\`\`

Right:

\`\`\`yaml
sft: { save_steps: 50 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    plan: `
sft: { save_strategy: steps, save_steps: 50, load_best_model_at_end: true }
#@ [70:74) PLN4030 load_best_model_at_end does not work on a sharded model: the trainer cannot load a checkpoint back into it
#@   help: drop load_best_model_at_end
#@   issue: best-not-loaded
`,
  },
  {
    name: "ways to go on that are none",
    plan: `
sft:
  save_steps: 50
  resume_from_checkpoint: output/test/checkpoint-100
#@ [03:25) PLN4031 resume_from_checkpoint does not resume a run: the trainer never reads this option
#@   help: leave it out, and start the job with --resume
  ignore_data_skip: true
#@ [03:19) PLN4035 with ignore_data_skip a resumed run begins its epoch's rows again: it trains on some of them twice and on others not at all
#@   help: drop ignore_data_skip
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { load_best_model_at_end: false, resume_from_checkpoint: null, ignore_data_skip: false, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "the model alone",
    shows: "nothing",
    plan: `
sft: { save_steps: 50, save_only_model: true, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
];
