import { renderJob } from "../../generated/templates.js";
import type { EmittedFile } from "../../host.ts";
import type { Slurm } from "../../plan/scheduling.ts";
import { plural } from "../../text/words.ts";
import type { Job } from "../scheduler.ts";
import { common, type Directive, stepOf, written } from "./directives.ts";

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
  const { nodes, gpus_per_node } = facts.cluster;
  const view: JobView = {
    name: facts.plan.name,
    machines: `${plural(nodes, "node")} with ${plural(gpus_per_node, "GPU")}${nodes === 1 ? "" : " each"}`,
    program: steps.find(({ processes }) => processes === "rank")?.program ?? "",
    directives: directivesOf(facts.plan.name, nodes, gpus_per_node, section),
    step: stepOf(section, section["cpus-per-task"]),
    requeue: section.requeue,
    exclude: section.exclude ?? "",
  };
  return { path: "job.slurm", content: renderJob(view), executable: true };
}

function directivesOf(name: string, nodes: number, gpus: number, section: Slurm): readonly Directive[] {
  const { reservation, constraint, exclude, gres, exclusive, mem, time, signal, requeue } = section;
  return written([
    ...common(name, section),
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
    ["signal", `B:USR1@${signal}`],
    [requeue ? "requeue" : "no-requeue", null],
  ]);
}
