import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN5090 = diagnostic("PLN5090", {
  severity: "error",
  messages: {
    default: text`${"folder"} has no plan.lock.json: which plan the run is of is not known`,
    empty: text`${"folder"} holds neither a plan.lock.json nor anything that a run leaves`,
  },
  help: "give the folder of a bundle or of a run's output, or name the bundle's lock: --lock BUNDLE/plan.lock.json",
});

export const PLN5091 = diagnostic("PLN5091", {
  severity: "error",
  messages: {
    default: text`${"key"} is ${"found"}; ${"expected"} is expected`,
    missing: text`${"key"} is missing; ${"expected"} is expected`,
    version: text`version ${"found"}; this planc reads version ${"known"}`,
  },
  help: "take the file as planc or the run wrote it; compile the plan again for its lock",
});

export const PLN5092 = diagnostic("PLN5092", {
  severity: "error",
  messages: {
    default: text`the run is of plan ${"run"}, and ${"lock"} is the lock of ${"plan"}`,
    digest: text`the run is of another plan.lock.json than ${"lock"}: its digest begins with ${"run"}, this one's with ${"found"}`,
  },
  help: "give the lock that the run was started with: --lock BUNDLE/plan.lock.json",
});

export const PLN5093 = diagnostic("PLN5093", {
  severity: "warning",
  messages: { default: text`${"key"} is not a number at step ${"step"}${"more"}` },
  help: "the curve has gaps there",
});

export const pages = {
  PLN5090: {
    title: "a report has no plan",
    docs: `A report is of a plan, of a bundle's \`plan.lock.json\`, or of the output folder of a run. A run leaves \`measured.json\` there
when it ends, with a copy of the lock beside it. One that was killed leaves its checkpoints, and runs of older bundles left no copy: name
the lock of the bundle.

Wrong:

\`\`\`console
$ planc report output/killed
\`\`\`

Right:

\`\`\`console
$ planc report output/killed --lock generated/qwen3-ep8/plan.lock.json
\`\`\``,
  },
  PLN5091: {
    title: "a record of a run is not as it was written",
    docs: `\`plan.lock.json\`, \`measured.json\` and \`trainer_state.json\` are written by planc and by the trainer. Something else stands
where a figure is expected, or the file is of a version that this planc does not read. Figures that were not there in an older version
are no mistake: the page says what is missing.

Wrong:

\`\`\`json
{ "version": 1, "plan": "qwen3-ep8", "tokens": "many" }
\`\`\`

Right:

\`\`\`json
{ "version": 1, "plan": "qwen3-ep8", "tokens": 3276800 }
\`\`\``,
  },
  PLN5092: {
    title: "a run of another plan",
    docs: `What was foreseen and what was measured stand side by side in a report, so they have to be of one plan. \`measured.json\` holds
the plan's name and the digest of the lock that the run was started with.

Wrong:

\`\`\`console
$ planc report output/qwen3-ep8 --lock generated/qwen3-fused/plan.lock.json
\`\`\`

Right:

\`\`\`console
$ planc report output/qwen3-ep8 --lock generated/qwen3-ep8/plan.lock.json
\`\`\``,
  },
  PLN5093: {
    title: "a figure of a run is not a number",
    docs: `The trainer logged \`NaN\` or infinity: the loss has diverged, or a gradient overflowed. The report leaves these points out and
says how many there are.

Wrong:

\`\`\`text
{ "step": 12, "loss": NaN }
\`\`\`

Right:

\`\`\`text
{ "step": 12, "loss": 2.31 }
\`\`\``,
  },
} as const satisfies Pages;
