import { renderJob } from "../../generated/templates.js";
import type { EmittedFile } from "../../host.ts";
import type { Slurm } from "../../plan/scheduling.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import type { Job } from "../scheduler.ts";
import { machineWords } from "../words.ts";
import { common, type Directive, stepOf, written } from "./directives.ts";
import { noticeOf } from "./time.ts";

/** What `templates/schedulers/slurm/job.sh.ejs` is written from. */
export interface JobView {
  readonly name: string;
  /** "2 nodes with 8 GPUs each" */
  readonly machines: string;
  /** What every rank runs. */
  readonly program: string;
  readonly directives: readonly Directive[];
  /** Options of each srun. */
  readonly step: readonly string[];
  readonly requeue: boolean;
  /** The plan's own list of nodes to leave out; empty without one. */
  readonly exclude: string;
}

export function jobFile({ facts, steps }: Job, section: Slurm): EmittedFile {
  const view: JobView = {
    name: facts.plan.name,
    machines: machineWords(facts.cluster),
    program: steps.find(({ processes }) => processes === "rank")?.program ?? "",
    directives: directivesOf(facts, section),
    step: stepOf(section, section["cpus-per-task"]),
    requeue: section.requeue,
    exclude: section.exclude ?? "",
  };
  return { path: "job.slurm", content: renderJob(view), executable: true };
}

function directivesOf(facts: MeshFacts, section: Slurm): readonly Directive[] {
  const { nodes, gpus_per_node: gpus } = facts.cluster;
  const { reservation, constraint, exclude, gres, exclusive, mem, time, requeue } = section;
  return written([
    ...common(facts.plan.name, section),
    ["nodes", nodes],
    ["ntasks-per-node", 1],
    gres === undefined ? ["gpus-per-node", gpus] : ["gres", gres],
    ["exclusive", exclusive ? null : undefined],
    ["cpus-per-task", section["cpus-per-task"]],
    ["mem", mem],
    ["time", time],
    ["reservation", reservation],
    ["constraint", constraint],
    ["exclude", exclude],
    ["mail-user", section["mail-user"]],
    ["mail-type", section["mail-type"]],
    ["signal", `B:USR1@${noticeOf(facts, section)}`],
    [requeue ? "requeue" : "no-requeue", null],
  ]);
}
