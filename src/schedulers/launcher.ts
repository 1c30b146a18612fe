import { type Fabric, fabrics } from "../cluster/fabrics.ts";
import { renderLauncher } from "../generated/templates.js";
import type { StepNode } from "../graph/program.ts";
import type { EmittedFile } from "../host.ts";
import type { Job } from "./scheduler.ts";

/** What `templates/schedulers/launcher.sh.ejs` is written from. */
export interface LauncherView {
  readonly name: string;
  readonly nodes: number;
  readonly gpus_per_node: number;
  /** Who runs it on each node: a file of the bundle; null where a person does. */
  readonly started_by: string | null;
  /** The plan's path from the bundle, null where it has none. */
  readonly place: string | null;
  /** A script to source first; null without one. */
  readonly activate: string | null;
  /** Variables of the network. */
  readonly network: readonly (readonly [string, string])[];
  /** Scripts with variables of the network, sourced one after another. */
  readonly networks: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  /** Modules that each node runs first, by itself or with all others, and that stop it. */
  readonly checks: readonly Check[];
  readonly meetings: readonly Check[];
  /** Modules that one process of the job runs before all others. */
  readonly preparations: readonly Check[];
  /** A conversion that one process of the job runs, and the checkpoints that it reads and writes; null without it. */
  readonly conversion: { readonly program: string; readonly source: string; readonly output: string } | null;
  /** What every rank runs. */
  readonly program: string;
}

/** A module that stops the job where it fails; `skip`: a variable that leaves it out. */
interface Check {
  readonly module: string;
  readonly skip: string | null;
}

/** `launch.sh`: what one node does for the job, whoever starts it there. */
export function launcher({ facts, place, steps, checkpoint }: Job, startedBy: string | null): EmittedFile {
  const { nodes, gpus_per_node, activate, fabric, fabric_env, env } = facts.plan.cluster;
  const ofFabric: Fabric | undefined = fabric && fabrics[fabric];
  const modulesOf = (processes: StepNode["processes"]) =>
    steps
      .filter((step) => step.processes === processes && !isProgram(step))
      .map((step): Check => ({ module: moduleOf(step), skip: step.skip ?? null }));
  const convert = steps.find((step) => step.processes === "job" && isProgram(step));
  const view: LauncherView = {
    name: facts.plan.name,
    place,
    nodes,
    gpus_per_node,
    started_by: startedBy,
    activate: activate === undefined ? null : asPath(activate),
    networks: [...(ofFabric?.scripts ?? []), ...(fabric_env === undefined ? [] : [fabric_env])],
    network: ofFabric?.env ?? [],
    env: Object.entries(env),
    checks: modulesOf("node"),
    meetings: modulesOf("nodes"),
    preparations: modulesOf("job"),
    conversion: convert === undefined ? null : { program: convert.program, ...checkpoint },
    program: steps.find(({ processes }) => processes === "rank")?.program ?? "",
  };
  return { path: "launch.sh", content: renderLauncher(view), executable: true };
}

/** A path that `source` takes for one: a bare name it would look for on the PATH, and a leading dash would be an option. */
function asPath(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : `./${path}`;
}

/** A program that stands beside launch.sh, not a module of the runtime. */
function isProgram({ program }: StepNode): boolean {
  return !program.includes("/");
}

function moduleOf({ program }: StepNode): string {
  return program.replace(/\.py$/, "").replaceAll("/", ".");
}
