import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** The path of a plan from the folder of its bundle, links on the way resolved: what the plan's relative paths count from. */
export function wayTo(plan: string, bundle: string): string {
  return relative(physical(resolve(bundle)), physical(resolve(plan)));
}

function physical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(physical(dirname(path)), basename(path));
  }
}
