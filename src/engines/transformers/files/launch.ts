import { renderLaunch } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../text/file.ts";
import type { MeshFacts } from "../facts.ts";

/** What `templates/launch.sh.ejs` is written from. */
export interface LaunchView {
  readonly name: string;
  readonly nodes: number;
  readonly gpus_per_node: number;
  /** A script to source first; null without one. */
  readonly activate: string | null;
  readonly env: readonly (readonly [string, string])[];
}

export function emitLaunch({ plan }: MeshFacts): EmittedFile {
  const { nodes, gpus_per_node, activate, env } = plan.cluster;
  const view: LaunchView = {
    name: plan.name,
    nodes,
    gpus_per_node,
    activate: activate === undefined ? null : asPath(activate),
    env: Object.entries(env),
  };
  return { path: "launch.sh", content: renderLaunch(view), executable: true };
}

/** A path that `source` takes for one: a bare name it would look for on the PATH, and a leading dash would be an option. */
function asPath(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : `./${path}`;
}
