import type { Host } from "../host.ts";
import { mayBeHubId } from "../plan/hub-id.ts";
import { besides } from "../source/path.ts";

/**
 * The folder on this machine that a plan names as its checkpoint, without a slash at the end; relative paths count from
 * `plan`, the file that has the name. A name that could be a Hub id as well counts only where the folder has a config.json.
 */
export function localFolder(host: Host, checkpoint: string, plan: string): string | undefined {
  const path = besides(plan, checkpoint);
  const stat = host.stat(path);
  if (!stat.ok || stat.kind !== "folder") return undefined;
  const folder = path.replace(/(?<=.)\/+$/, "");
  return !mayBeHubId(checkpoint) || host.stat(`${folder}/config.json`).ok ? folder : undefined;
}

/** Whether a folder has files of weights, whole ones or not, or an index that speaks of some. */
export function hasWeights(host: Host, folder: string): boolean {
  return host.list(folder).some((name) => /\.(safetensors|bin|pth?|gguf)$|\.index\.json$/.test(name));
}
