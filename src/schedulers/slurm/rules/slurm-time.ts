import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { plural } from "../../../text/words.ts";
import { secondsOf } from "../time.ts";

export const PLN5030 = diagnostic("PLN5030", {
  severity: "error",
  messages: {
    default: text`the time limit of ${"limit"} leaves nothing to train in: the job is told to save ${"signal"} before it, and Slurm may do so a minute earlier`,
    prepare: text`the preparation cannot have a time limit of ${"limit"}`,
  },
  help: "give more time, or lower signal to the seconds that a save takes",
});

/** Slurm sends the signal that comes before the limit up to a minute early (sbatch's manual, `--signal`). */
const early = 60;

/** A job is told to save before its limit, and has to have begun by then. */
export const slurmTime: Rule<PlanFacts> = {
  name: "slurm-time",
  *check({ plan }) {
    const section = plan.cluster.scheduler;
    if (section.kind !== "slurm") return;
    const { written } = plan;
    const limit = section.time === undefined ? undefined : secondsOf(section.time);
    if (limit !== undefined && limit <= section.signal + early) {
      const values = { limit: plural(limit, "second"), signal: plural(section.signal, "second") };
      yield PLN5030(written.at("cluster.scheduler.time"), values);
    }
    if (secondsOf(section.prepare.time) === 0)
      yield PLN5030(written.at("cluster.scheduler.prepare.time"), { limit: "0 seconds" }, { variant: "prepare" });
  },
};

export const pages = {
  PLN5030: {
    title: "a time limit that leaves nothing to train in",
    docs: `Slurm ends a job at its limit. So that nothing is lost, \`job.slurm\` asks to be told \`signal\` seconds before, and the ranks
then save; Slurm may send that signal up to a minute earlier than it was asked to. What is left of the limit has to be enough to
load the model and to train.

Wrong:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, time: "5", signal: 600 }
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, time: "24:00:00", signal: 600 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "limits in every form, each a second too short",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "6" } }
#@ [108:111) PLN5030 the time limit of 360 seconds leaves nothing to train in: the job is told to save 300 seconds before it, and Slurm may do so a minute earlier
#@   help: give more time, or lower signal to the seconds that a save takes
`,
  },
  {
    name: "a limit in seconds, and a preparation that may take none",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler:
    kind: slurm
    partition: gpu
    time: "00:11:00"
#@ [11:21) PLN5030 the time limit of 660 seconds leaves nothing to train in: the job is told to save 600 seconds before it, and Slurm may do so a minute earlier
#@   help: give more time, or lower signal to the seconds that a save takes
    signal: 600
    prepare: { time: "0" }
#@ [22:25) PLN5030 the preparation cannot have a time limit of 0 seconds
#@   help: give more time, or lower signal to the seconds that a save takes
`,
  },
  {
    name: "limits that are long enough",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "6:01" } }
`,
  },
  {
    name: "days and hours",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "1-0", signal: 65535 } }
`,
  },
];
