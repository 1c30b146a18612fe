import { renderLocal } from "../generated/templates.js";
import type { StepNode } from "../graph/program.ts";
import type { Scheduler } from "./scheduler.ts";

/** What `templates/schedulers/local.sh.ejs` is written from. */
export interface LocalView {
  readonly name: string;
  readonly nodes: number;
  readonly gpus_per_node: number;
  /** The plan's path from the bundle, null where it has none. */
  readonly place: string | null;
  /** A script to source first; null without one. */
  readonly activate: string | null;
  readonly env: readonly (readonly [string, string])[];
  /** Modules that each node runs first, and that stop it; `skip` is a variable that leaves one of them out. */
  readonly checks: readonly { readonly module: string; readonly skip: string | null }[];
  /** What one process of the job runs first, and the checkpoints that it reads and writes; null without it. */
  readonly conversion: { readonly program: string; readonly source: string; readonly output: string } | null;
  /** What every rank runs. */
  readonly program: string;
}

/** No scheduler: torchrun on this machine, or on each of several by hand. */
export const local: Scheduler = ({ plan, place, steps, checkpoint }) => {
  const { nodes, gpus_per_node, activate, env } = plan.cluster;
  const convert = steps.find(({ processes }) => processes === "job");
  const view: LocalView = {
    name: plan.name,
    place,
    nodes,
    gpus_per_node,
    activate: activate === undefined ? null : asPath(activate),
    env: Object.entries(env),
    checks: steps
      .filter(({ processes }) => processes === "node")
      .map((step) => ({ module: moduleOf(step), skip: step.skip ?? null })),
    conversion: convert === undefined ? null : { program: convert.program, ...checkpoint },
    program: steps.find(({ processes }) => processes === "rank")?.program ?? "",
  };
  return [{ path: "launch.sh", content: renderLocal(view), executable: true }];
};

/** A path that `source` takes for one: a bare name it would look for on the PATH, and a leading dash would be an option. */
function asPath(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : `./${path}`;
}

function moduleOf({ program }: StepNode): string {
  return program.replace(/\.py$/, "").replaceAll("/", ".");
}
