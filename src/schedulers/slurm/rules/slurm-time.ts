import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { loadingTime, pace, savedBytes, saveSeconds } from "../../../estimate/storage.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { bytes } from "../../../text/words.ts";
import { noticeOf, secondsOf } from "../time.ts";

export const PLN5030 = diagnostic("PLN5030", {
  severity: "error",
  messages: {
    default: text`the time limit of ${"limit"} s leaves nothing to train in: the job is told to save ${"signal"} s before it, and Slurm may do so a minute earlier`,
    prepare: text`the preparation cannot have a time limit of 0`,
  },
  help: "give more time, or write signal: the seconds that a step and a save take",
});

export const PLN5033 = diagnostic("PLN5033", {
  severity: "warning",
  messages: {
    default: text`of the time limit of ${"limit"} s loading takes up to ${"loading"} s at ${"pace"} GB/s a node, and the job is told to save ${"signal"} s before it, or a minute earlier: little is left to train in`,
    signal: text`the job is told to save ${"signal"} s before its limit; a step and a save of ${"size"} a node take about ${"needed"} s at ${"pace"} GB/s`,
  },
  help: "give more time; a shorter signal is right where storage is faster",
});

/** Slurm sends the signal that comes before the limit up to a minute early (sbatch's manual, `--signal`). */
const early = 60;

/** A job is told to save before its limit, in time, and has to have begun by then. */
export const slurmTime: Rule<MeshFacts> = {
  name: "slurm-time",
  *check(facts) {
    const section = facts.plan.cluster.scheduler;
    if (section.kind !== "slurm") return;
    const { written } = facts.plan;
    if (secondsOf(section.prepare.time) === 0)
      yield PLN5030(written.at("cluster.scheduler.prepare.time"), {}, { variant: "prepare" });
    const [signal, needed] = [noticeOf(facts, section), saveSeconds(facts)];
    if (section.signal !== undefined && signal < needed) {
      const values = { signal, size: bytes(savedBytes(facts)), needed, pace };
      yield PLN5033(written.at("cluster.scheduler.signal"), values, { variant: "signal" });
    }
    if (section.time === undefined) return;
    const [limit, place] = [secondsOf(section.time), written.at("cluster.scheduler.time")];
    const { seconds: loading } = loadingTime(facts.model);
    if (limit <= signal + early) yield PLN5030(place, { limit, signal });
    else if (limit <= signal + early + loading + signal) yield PLN5033(place, { limit, loading, signal, pace });
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
  PLN5033: {
    title: "a time limit that leaves little to train in",
    docs: `Each start of a job loads the model, and ends with a save. planc counts the checkpoint's bytes over the nodes and a
node's parameters and optimizer states at 0.5 GB/s, which is what storage that many share often gives, and two minutes for a step
and the signal's way. Where that leaves less time to train than a save takes, most of what is paid for is loading and saving; and
a save that is cut off by the limit is lost, with every step since the one before.

Wrong:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, time: "15", signal: 60 }
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler: { kind: slurm, time: "24:00:00" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a limit that is over when the job is told, and a preparation that may take none",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler:
    kind: slurm
    partition: gpu
    time: "00:11:00"
#@ [11:21) PLN5030 the time limit of 660 s leaves nothing to train in: the job is told to save 600 s before it, and Slurm may do so a minute earlier
#@   help: give more time, or write signal: the seconds that a step and a save take
    signal: 600
#@ [13:16) PLN5033 warning: the job is told to save 600 s before its limit; a step and a save of 341.2 GiB a node take about 853 s at 0.5 GB/s
#@   help: give more time; a shorter signal is right where storage is faster
    prepare: { time: "0" }
#@ [22:25) PLN5030 the preparation cannot have a time limit of 0
#@   help: give more time, or write signal: the seconds that a step and a save take
`,
  },
  {
    name: "a second more, and a signal that is too short for a save",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "11:01", signal: 600 } }
#@ [108:115) PLN5033 warning: of the time limit of 661 s loading takes up to 123 s at 0.5 GB/s a node, and the job is told to save 600 s before it, or a minute earlier: little is left to train in
#@   help: give more time; a shorter signal is right where storage is faster
#@ [125:128) PLN5033 warning: the job is told to save 600 s before its limit; a step and a save of 341.2 GiB a node take about 853 s at 0.5 GB/s
#@   help: give more time; a shorter signal is right where storage is faster
`,
  },
  {
    name: "minutes, with what planc takes for a save",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "20" } }
#@ [108:112) PLN5033 warning: of the time limit of 1200 s loading takes up to 123 s at 0.5 GB/s a node, and the job is told to save 900 s before it, or a minute earlier: little is left to train in
#@   help: give more time; a shorter signal is right where storage is faster
`,
  },
  {
    name: "days and hours, and no limit",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, time: "2-0", signal: 65535 } }
`,
  },
];
