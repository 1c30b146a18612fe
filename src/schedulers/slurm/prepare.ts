import { renderPrepare } from "../../generated/templates.js";
import type { StepNode } from "../../graph/program.ts";
import type { EmittedFile } from "../../host.ts";
import type { Slurm } from "../../plan/scheduling.ts";
import { andList } from "../../text/words.ts";
import type { Job } from "../scheduler.ts";
import { common, type Directive, stepOf, written } from "./directives.ts";

/** What `templates/schedulers/slurm/prepare.sh.ejs` is written from. */
export interface PrepareView {
  readonly name: string;
  /** What it does, in words. */
  readonly what: string;
  readonly directives: readonly Directive[];
  readonly step: readonly string[];
}

/** What one machine does before all others. */
export function preparations(steps: readonly StepNode[]): readonly StepNode[] {
  return steps.filter(({ processes }) => processes === "job");
}

/** The job before the job; none where there is nothing to prepare. */
export function prepareFile({ facts, steps }: Job, section: Slurm): readonly EmittedFile[] {
  const first = preparations(steps);
  if (first.length === 0) return [];
  const { partition, qos, time, mem } = section.prepare;
  const cpus = section.prepare["cpus-per-task"];
  const name = `${facts.plan.name}-prepare`;
  const directives = written([
    ...common(name, { ...section, partition: partition ?? section.partition, qos: qos ?? section.qos }),
    ["nodes", 1],
    ["ntasks", 1],
    ["cpus-per-task", cpus],
    ["mem", mem],
    ["time", time],
  ]);
  const what = andList(first.map(({ label }) => label));
  const view: PrepareView = { name: facts.plan.name, what, directives, step: stepOf(section, cpus) };
  return [{ path: "prepare.slurm", content: renderPrepare(view), executable: true }];
}
